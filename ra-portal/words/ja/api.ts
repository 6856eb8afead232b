export const api = {
  'api.requestMalformed': '要求をこのままでは受け付けられません。errorsに場所を示しています。',
  'api.notPermitted': 'この資格情報では行えません。',
  'api.tooManyAttempts': '要求が多すぎます。{seconds}秒待ってからお送りください。',
  'api.applicationState': '申請がこの段階では行えません。もう一度取得して確かめてください。',
  'api.fieldInvalid': '項目に誤りがあります。errorsに場所を示しています。',
  'api.fieldMissing': '必要な項目がありません。errorsに場所を示しています。',
  'api.requestTooLarge': '送られた本文が大きすぎます。64 kBまでです。',
  'api.internalError': '内部で誤りが起きました。同じIdempotency-Keyで、しばらくしてからお送りください。',
  'error.pageUnknown': 'この番地には何もありません。',
  'error.fieldUnknown': 'ここにこの項目はありません。',
} as const;
