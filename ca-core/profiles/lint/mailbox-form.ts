/** A mailbox as RFC 5321 §4.1.2 writes it: ASCII, one @, a domain of labels. */
export const mailboxForm = /^[\x21-\x3f\x41-\x7e]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/;
/** RFC 5280 appendix A.1, ub-emailaddress-length. */
export const longestMailbox = 255;
