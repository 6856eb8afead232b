/** What the OpenAPI document says first. */
export const introduction = `For the systems of an organisation's registration desk (LRA) and for officers' queues.

**Approvals do not happen here.** No operation approves, and none ever will: an approval is a passkey's signature over
the whole case, given by two officers at the approval desk, and the CA core checks it there. What this API leads to is an
application that officers review like any other.

**Credentials**: \`Authorization: Bearer kakuin_…\`, a token that its owner made on the page “API tokens” of the account,
with scopes and an end; or the client certificate that is bound to the account. Cookies count for nothing. A token reaches
no further than its owner, and ends when its owner is suspended or changes role.

**Every POST needs an \`Idempotency-Key\`**. The same key with the same request gives the same answer for 24 hours, with
\`Idempotency-Replayed: true\`, and the thing is done once. The same key with another request is refused (422), and so is
one whose first sending still runs (409).

**Refusals** are problems (RFC 9457, \`application/problem+json\`). \`code\` is stable; \`title\` and \`detail\` follow
Accept-Language (ja, en). \`errors\` points at fields of the body by JSON Pointer, and at query parameters by name. Each
\`type\` can be opened in a browser.

**Bodies** are JSON of 64 kB at most; members that are not described are refused. Times are RFC 3339 in UTC.`;
