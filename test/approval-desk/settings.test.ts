import { describe, expect, it } from 'vitest';
import { readSettings } from '../../approval-desk/settings.ts';

const variables = {
  KAKUIN_DATABASE: '/var/kakuin/kakuin.db',
  KAKUIN_POLICIES: '/etc/kakuin/policies',
  KAKUIN_APPROVAL_PORT: '8083',
  KAKUIN_APPROVAL_URL: 'http://approve.localhost:8083',
  KAKUIN_PORTAL_URL: 'http://localhost:8080',
};

describe('the settings of the approval desk', () => {
  it('are read', () => {
    expect(readSettings(variables)).toMatchObject({ port: 8083, url: 'http://approve.localhost:8083' });
  });

  it('are refused with every mistake at once', () => {
    const wrong = {
      ...variables,
      KAKUIN_APPROVAL_PORT: '0',
      KAKUIN_PORTAL_URL: 'http://localhost:8080/',
      KAKUIN_DATABASE: undefined,
    };
    const mistakes = ['KAKUIN_DATABASE', 'KAKUIN_APPROVAL_PORT', 'KAKUIN_PORTAL_URL'].map(
      name => expect.stringContaining(name) as string,
    );
    expect(() => readSettings(wrong)).toThrow(
      expect.objectContaining({ code: 'settingsInvalid', values: { mistakes } }) as Error,
    );
  });
});
