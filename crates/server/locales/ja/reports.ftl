# レポート。

section-reports = レポート
report-of-bot = ボットへのアクセス権一覧
report-of-person = ユーザーの権限一覧
report-bot-name = ボット名の先頭部分
report-person-name = 名前、メールアドレスまたは ID
report-find = 検索
report-none = 条件に合うものはありません。
report-csv = CSV でダウンロード
report-made = 基準日時
report-owner = 所有者
report-goes-on = レポートは次のページに続きます。CSV にはすべての内容が含まれます。
report-next = 次のページ
report-roles = 保有するロールとその理由
report-account = アカウント全体
report-nothing = なし
report-permission = 権限
report-level = 範囲
report-from = 根拠となるロール
