# ログインと、本人の設定。

sign-in-title = ログイン
sign-in-account = アカウント
sign-in-account-about = 24桁の英数字のアカウントIDです。招待した方に確認してください。
sign-in-email = メールアドレス
sign-in-password = パスワード
sign-in-do = ログイン
sign-in-lost = パスワードがない、または忘れた場合は、アカウントでユーザーを管理している方が、パスワードを設定するためのリンクを作成できます。
sign-in-wrong = 一致しません。メールアドレスとパスワードを確認してください。
sign-in-too-many = 失敗が続いたため、しばらくログインできません。数分後にもう一度お試しください。

second-factor-title = もう一つの確認
second-factor-about = コード生成アプリに表示されているコード、またはリカバリーコードを一つ入力してください。
second-factor-code = コード
second-factor-wrong = このコードは使えません。コードは短時間だけ、一度だけ使えます。
second-factor-back = 最初からやり直す

set-up-title = パスワードの設定
set-up-about = アカウント「{ $value }」のパスワードを設定します。このリンクは一度だけ使えます。
set-up-do = パスワードを設定してログイン

password-new = 新しいパスワード
password-again = 新しいパスワード（確認）
password-rule = 文字の種類を問わず、8～128文字。
password-wrong-fit = パスワードが一致しません。
password-wrong-too-many = 失敗が続いたため、しばらく受け付けられません。数分後にもう一度お試しください。
password-wrong-too-short = 新しいパスワードが短すぎます。8文字以上にしてください。
password-wrong-too-long = 新しいパスワードが長すぎます。128文字以内にしてください。
password-wrong-differ = 新しいパスワードが二つとも同じではありません。

confirm-title = 本人確認
confirm-about = ログインから時間が経っており、次の操作は取り消せません。もう一度パスワードを入力してください。
confirm-do = 続ける
confirm-without-password = パスワードが設定されていません。ログアウトして、前回と同じ方法でもう一度ログインしてください。

own-title = ログインの設定
own-codes = リカバリーコード
own-codes-about = スマートフォンがなくても見つけられる場所に保管してください。生成されたコードの代わりに、それぞれ一度だけ使えます。再表示はできません。
own-codes-left = リカバリーコードの残り：{ $n }個
own-codes-do = 新しいリカバリーコードを作成
own-password-since = 設定日時：
own-password-none = パスワードはまだ設定されていません。
own-password-current = 現在のパスワード
own-password-do = パスワードを変更
own-generator = コード生成アプリ
own-generator-about = スマートフォンのアプリに表示されるコードを、パスワードに加えて入力します。パスワードを知っているだけの人はログインできなくなります。
own-generator-do = コード生成アプリを設定
own-generator-since = 利用開始：
own-generator-scan = スマートフォンのアプリでこの画像を読み取り、表示されたコードを入力してください。
own-generator-picture = コード生成アプリ用の画像。同じ内容が下に文字で表示されています
own-generator-type = または、この秘密の値をアプリに入力してください：
own-generator-confirm = 確認
own-generator-remove = コード生成アプリを解除
own-sessions = ログイン中の場所
own-session-began = ログイン
own-session-used = 最終利用
own-session-by = 方法
own-session-browser = ブラウザー
own-session-current = 現在の場所
own-session-end = 終了
own-sessions-end = 他をすべて終了

method-password = パスワード
method-link = 一度だけのリンク
method-code = コード
method-recovery-code = リカバリーコード
method-passkey = パスキー
method-provider = 会社のログイン

sign-in-provider = { $value }でログイン
passkey-enter = パスキーでログイン
passkey-confirm = パスキーを使う
passkey-failed = できませんでした。もう一度試すか、別の方法を選んでください。
own-passkeys = パスキー
own-passkeys-about = パスキーを使うと、他人に知られるおそれのあるパスワードなしに、指紋や顔、暗証番号でログインできます。
own-passkeys-none = パスキーはまだありません。
own-passkey-name = 新しいパスキーの名前
own-passkey-made = 作成日時
own-passkey-do = パスキーを作成
own-passkey-remove = 解除
confirm-provider = 会社のログインでもう一度確認

user-sign-in-title = ログインとセッション
user-link = 一度だけのリンク
user-link-about = リンクを開いた人は新しいパスワードを設定し、このユーザーとしてログインします。そのとき、ユーザーの既存のセッションは終了します。以前のリンクは使えなくなります。
user-link-do = リンクを作成
user-link-once = リンクが表示されるのは今回だけです。リンクを開いた人はこのユーザーとしてログインするため、本人以外には渡さないでください。
user-link-copy = リンクをコピー
user-link-until = 有効期限：
user-link-back = ログインとセッションに戻る
user-generator-about = パスワードに加えてコードを求めています。ユーザーがコード生成アプリとリカバリーコードを紛失した場合は、ここで解除してください。ユーザーはログイン後に新しく設定できます。
user-sessions = ユーザーのログイン状況
user-sessions-none = ログインしていません。
user-sessions-end = すべてのセッションを終了
