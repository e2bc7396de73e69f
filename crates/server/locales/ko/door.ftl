# 로그인과 본인 설정.

sign-in-title = 로그인
sign-in-account = 계정
sign-in-account-about = 24자리 숫자와 영문자로 된 계정 ID입니다. 초대한 사람에게 문의하세요.
sign-in-email = 이메일 주소
sign-in-password = 비밀번호
sign-in-do = 로그인
sign-in-lost = 비밀번호가 없거나 잊으셨나요? 계정에서 사용자를 관리하는 사람이 비밀번호를 설정할 수 있는 링크를 만들어 줄 수 있습니다.
sign-in-wrong = 일치하지 않습니다. 주소와 비밀번호를 확인하세요.
sign-in-too-many = 너무 여러 번 실패했습니다. 몇 분 뒤에 다시 시도하세요.

second-factor-title = 한 단계 더
second-factor-about = 코드 생성기에 표시된 코드나 복구 코드 하나를 입력하세요.
second-factor-code = 코드
second-factor-wrong = 사용할 수 없는 코드입니다. 코드는 짧은 시간 동안 한 번만 사용할 수 있습니다.
second-factor-back = 처음부터 다시

set-up-title = 비밀번호 설정
set-up-about = { $value } 계정입니다. 이 링크는 한 번만 사용할 수 있습니다.
set-up-do = 비밀번호를 설정하고 로그인

password-new = 새 비밀번호
password-again = 새 비밀번호 확인
password-rule = 문자 종류와 관계없이 8~128자.
password-wrong-fit = 비밀번호가 일치하지 않습니다.
password-wrong-too-many = 너무 여러 번 실패했습니다. 몇 분 뒤에 다시 시도하세요.
password-wrong-too-short = 새 비밀번호가 너무 짧습니다. 8자 이상이어야 합니다.
password-wrong-too-long = 새 비밀번호가 너무 깁니다. 128자까지 가능합니다.
password-wrong-differ = 새 비밀번호 두 개가 서로 다릅니다.

confirm-title = 본인 확인
confirm-about = 로그인한 지 시간이 지났고, 다음 작업은 되돌릴 수 없습니다. 비밀번호를 한 번 더 입력하세요.
confirm-do = 계속
confirm-without-password = 비밀번호가 없습니다. 로그아웃한 다음 이전과 같은 방법으로 다시 로그인하세요.

own-title = 내 로그인 설정
own-codes = 복구 코드
own-codes-about = 휴대전화 없이도 찾을 수 있는 곳에 이 코드를 보관하세요. 각 코드는 생성된 코드 대신 한 번만 사용할 수 있으며 다시 표시되지 않습니다.
own-codes-left = 남은 복구 코드: { $n }개
own-codes-do = 새 복구 코드 만들기
own-password-since = 설정한 때:
own-password-none = 아직 비밀번호가 없습니다.
own-password-current = 현재 비밀번호
own-password-do = 비밀번호 변경
own-generator = 코드 생성기
own-generator-about = 휴대전화 앱이 보여 주는 코드를 비밀번호와 함께 입력하게 됩니다. 비밀번호만 아는 사람은 로그인할 수 없습니다.
own-generator-do = 코드 생성기 설정
own-generator-since = 사용 시작:
own-generator-scan = 휴대전화 앱으로 이 그림을 읽은 다음, 앱에 표시된 코드를 입력하세요.
own-generator-picture = 코드 생성기용 그림. 같은 내용이 아래에 글자로 있습니다
own-generator-type = 또는 이 비밀 값을 앱에 입력하세요:
own-generator-confirm = 확인
own-generator-remove = 코드 생성기 제거
own-sessions = 로그인된 곳
own-session-began = 로그인
own-session-used = 마지막 사용
own-session-by = 방법
own-session-browser = 브라우저
own-session-current = 현재
own-session-end = 종료
own-sessions-end = 나머지 모두 종료

method-password = 비밀번호
method-link = 일회용 링크
method-code = 코드
method-recovery-code = 복구 코드
method-passkey = 패스키
method-provider = 회사 로그인

sign-in-provider = { $value }(으)로 로그인
passkey-enter = 패스키로 로그인
passkey-confirm = 패스키 사용
passkey-failed = 실패했습니다. 다시 시도하거나 다른 방법을 선택하세요.
own-passkeys = 패스키
own-passkeys-about = 패스키를 사용하면 다른 사람이 알아낼 수 있는 비밀번호 없이 지문, 얼굴 또는 번호로 로그인할 수 있습니다.
own-passkeys-none = 아직 패스키가 없습니다.
own-passkey-name = 새 패스키 이름
own-passkey-made = 만든 때
own-passkey-do = 패스키 만들기
own-passkey-remove = 제거
confirm-provider = 회사 로그인으로 다시 확인

user-sign-in-title = 로그인 및 세션
user-link = 일회용 링크
user-link-about = 링크를 연 사람은 새 비밀번호를 설정하고 이 사용자로 로그인합니다. 그때 사용자의 기존 세션은 종료됩니다. 이전에 만든 링크는 더 이상 쓸 수 없습니다.
user-link-do = 링크 만들기
user-link-once = 링크는 지금 한 번만 표시됩니다. 링크를 연 사람은 이 사용자로 로그인하므로 본인에게만 전달하세요.
user-link-copy = 링크 복사
user-link-until = 유효 기한:
user-link-back = 로그인 및 세션으로 돌아가기
user-generator-about = 비밀번호와 함께 코드를 요구합니다. 사용자가 코드 생성기와 복구 코드를 잃어버렸다면 여기에서 제거하세요. 사용자는 로그인한 뒤 새로 설정할 수 있습니다.
user-sessions = 사용자가 로그인한 곳
user-sessions-none = 로그인한 곳이 없습니다.
user-sessions-end = 모든 세션 종료
