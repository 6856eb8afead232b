export const letters = {
  'letter.mailboxCode.subject': '【Kakuin】メールアドレスの確認（{caseId}）',
  'letter.mailboxCode.body':
    '電子証明書の申請（受付番号 {caseId}）を受け付けました。\n{until}までに次のリンクを開き、「確認する」を押してください。\n\n{link}\n\nリンクを開けないときは、確認コードを入力してください。\n{code}\n\n心当たりのない方は、このメールを破棄してください。',
  'letter.takeOver.subject': '【Kakuin】所属組織からの電子証明書の申請（{caseId}）',
  'letter.takeOver.body':
    '{organisationName}の担当者が、あなたの電子証明書を申請しました（受付番号 {caseId}）。\n{until}までに次のリンクを開き、申請を引き継いでください。担当者から別の方法で受け取る8桁の引き継ぎコードと、秘密を書き留める紙が要ります。\n\n{link}\n\nリンクを開けないときは、確認コードを入力してください。\n{code}\n\n心当たりのない方は、このメールを破棄してください。',
  'letter.ownFile.subject': '【Kakuin】電子証明書を受け取ってください（{caseId}）',
  'letter.ownFile.body':
    '{organisationName}の担当者がまとめて申請した、あなたの電子証明書が発行されました（受付番号 {caseId}）。\n{until}までに次のリンクを開き、ファイル（.p12）を保存してください。\n\n{link}\n\nファイルを開くパスワードは、組織のパスワード保管者から別の方法で届きます。このメールには書かれていません。\n\nリンクを開けないときは、確認コードを入力してください。\n{code}\n\n心当たりのない方は、このメールを破棄してください。',
  'letter.returned.subject': '【Kakuin】申請内容の確認のお願い（{caseId}）',
  'letter.returned.body':
    '受付番号 {caseId} の申請に、直していただきたい点があります。\n次のページをアクセスコードで開き、内容を直してください。\n\n{link}',
  'letter.rejected.subject': '【Kakuin】審査の結果（{caseId}）',
  'letter.rejected.body':
    '受付番号 {caseId} の審査が終わりました。\n結果は次のページをアクセスコードで開いて確認してください。\n\n{link}',
  'letter.issued.subject': '【Kakuin】証明書が発行されました（{caseId}）',
  'letter.issued.body':
    '受付番号 {caseId} の証明書が発行されました。\n次のページをアクセスコードで開いて受け取ってください。\n\n{link}',
  'letter.revoked.subject': '【Kakuin】証明書の失効を受け付けました（{caseId}）',
  'letter.revoked.body':
    '受付番号 {caseId} の証明書について、失効の依頼を受け付けました。\n心当たりがないときは、すぐに運用担当者に連絡してください。\n\n{link}',
  'letter.account.subject': '【Kakuin】アカウントの登録',
  'letter.account.body':
    '{name} 様\n\nKakuin のアカウントが用意されました。次のリンクを開き、パスキーを登録してください。リンクは一度だけ使えます。\n{link}\n\n登録には8桁のコードも必要です。コードは管理者から別の方法で受け取ってください。メールでは送られません。',
  'letter.foot': 'このメールは送信専用です。Kakuin がパスワードやアクセスコードをメールで尋ねることはありません。',
} as const;
