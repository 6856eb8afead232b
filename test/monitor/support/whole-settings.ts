/** The environment of a monitor that says all it has to say. */
export const whole = {
  ...{ KAKUIN_HOME: '/srv/kakuin', KAKUIN_DATABASE: '/srv/kakuin/kakuin.db', KAKUIN_POLICIES: '/srv/policies' },
  ...{ KAKUIN_CRL_URL: 'http://crl.example', KAKUIN_OCSP_URL: 'http://ocsp.example', KAKUIN_MONITOR_PORT: '8084' },
  ...{ KAKUIN_PORTAL_URL: 'https://ra.example', KAKUIN_APPROVAL_URL: 'https://approve.example' },
};
