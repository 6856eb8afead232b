/** Where a renewal begins, for letters: it carries no secret and opens nothing by itself. */
export const renewalLink = (portalUrl: string, caseId: string): string => `${portalUrl}${renewalPath(caseId)}`;

export const renewalPath = (caseId: string): string => `/applications/${encodeURIComponent(caseId)}/renew`;
