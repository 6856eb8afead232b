/** What an officer is told about a broken rule; {field} is the field's name, {found} what was found. */
export const rules = {
  'rule.registerMismatch': '{field}が登録簿の記録（{found}）と一致しません。',
  'rule.registerAttributeUnverified': '{field}は登録簿で検証されていません。',
  'rule.registerRecordStale': '{field}の記録が古いため、取得し直してください。',
  'rule.variationUnconfirmed': '{field}の表記ゆれをまだ誰も確認していません。',
  'rule.organisationClosed': '{field}：組織が閉鎖されているか、公表の対象ではありません（{found}）。',
  'rule.organisationUnknown': '{field}に該当する組織の記録がありません。',
  'rule.nameCharacters': '{field}に証明書に記載できない文字があります（{found}）。',
  'rule.nameTooLong': '{field}が長すぎます（{found}）。',
  'rule.fieldMissing': '{field}が空です。',
  'rule.fieldInvalid': '{field}の形式が正しくありません。',
  'rule.identityInsufficient': '{field}が足りません。',
  'rule.mailboxUnproven': '申請者がまだメールアドレスを確認していません。',
  'rule.tokenAwaited': '鍵を作るUSBトークンがまだ割り当てられていません。',
  'rule.takeOverAwaited': '本人がまだ申請を引き継いでいません（受け取りの秘密が作られていません）。',
  'rule.other': '{field}が規則（{rule}）に合いません。{found}',
} as const;
