/** 証明書の終わりと、その後 */
export const life = {
  'renew.title': '証明書の更新',
  'renew.lead':
    '証明書の更新は、新しい申請です。前回の内容が入った申請書を用意しますので、一つずつ確かめて送ってください。',
  'renew.again': '本人と組織は、前回と同じように確認します。前回の確認は、規程の期間内なら審査員がもう一度使えます。',
  'renew.stays': 'お持ちのJCANパスのカードやUSBトークンは、そのまま使い続けられます。',
  'renew.former': '今の証明書は、期限が来るまで使えます。',
  'renew.begin': '内容の入った申請書を開く',
  'renew.sent':
    '前回の証明書のメールアドレスに確認コードを送りました。届かないときは、5分ほど待ってからもう一度送ってください。',
  'renew.ask': '1. 確認コードを受け取る',
  'renew.ask.text': '前回の内容を開けるのは、証明書のメールアドレスでメールを受け取れる方だけです。',
  'renew.ask.button': '確認コードをメールで受け取る',
  'renew.askAgain': '確認コードを送り直す',
  'renew.code': '2. 確認コードを入力する',
  'renew.code.hint': 'メールのリンクを開くと、自動で入ります。コードは1時間、1回だけ使えます。',
  'renew.enter': '8桁のアクセスコードで申請を開く',
  'status.renew': '期限が近づいたら、前回の内容が入った申請書から次の証明書を申請できます。',
  'status.renew.link': '次の証明書を申請する',

  'case.renewal': '更新の申請：前回の申請',
  'case.renewal.certificate': '前回の証明書（{until}まで）',
  'case.renewal.differences': '前回との違い',
  'case.renewal.same': '申請の内容は前回と同じです。',
  'case.renewal.field': '項目',
  'case.renewal.before': '前回',
  'case.renewal.now': '今回',
  'case.renewal.evidence': '前回の確認（規程の期間内のもの）',
  'case.renewal.none': 'もう一度使える確認はありません。初めての申請と同じように確認してください。',
  'case.renewal.take': 'この確認をもう一度使う',
  'case.renewal.taken': 'この案件で使っています',
  'event.evidence.reused': '前回の確認をもう一度使った',
  'event.renewal.begun': '更新の申請を始めた',
  'event.renewal.codeSent': '更新の確認コードを送った',
  'event.expiry.noticed': '期限のお知らせを送った',

  'ending.title': '期限が近い証明書',
  'ending.lead': '{days}日以内に期限が来る、まだ更新されていない証明書です。本人にもお知らせを送っています。',
  'ending.none': '{days}日以内に期限が来る証明書はありません。',
  'ending.more': '期限の早い{count}件だけを表示しています。',
  'ending.until': '期限',
  'ending.left': '残り',
  'ending.days': '{days}日',
  'ending.act': '手続き',
  'ending.renew': '次を申請する',

  'letter.expiry.subject': '【Kakuin】証明書の期限のお知らせ（{caseId}）',
  'letter.expiry.body':
    '受付番号 {caseId} の電子証明書（シリアル番号 {serialNumber}）は、{until}に期限が来ます（あと{days}日）。\n期限の後は、署名や暗号化メール、サインインに使えません。\n\n次の証明書は、次のページから申請できます。前回の内容が入った申請書を用意します。\n{link}\n\n続けて使わないときは、何もする必要はありません。',
  'letter.expiryDigest.subject': '【Kakuin】期限が近い証明書のお知らせ（{count}件）',
  'letter.expiryDigest.body':
    'あなたの組織で、次の証明書の期限が近づいています。本人にもお知らせしました。\n\n{list}\n\n氏名の確認と次の申請は、サインインして次のページを開いてください。\n{link}',
  'letter.expiryDigest.more': 'ほか{count}件',
  'letter.renewal.subject': '【Kakuin】証明書の更新の確認コード（{caseId}）',
  'letter.renewal.body':
    '受付番号 {caseId} の証明書の更新に使う確認コードです。{until}までに次のリンクを開き、「内容の入った申請書を開く」を押してください。\n\n{link}\n\nリンクを開けないときは、確認コードを入力してください。\n{code}\n\n心当たりのない方は、このメールを破棄してください。',
} as const;
