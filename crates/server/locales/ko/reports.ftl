# 보고서.

section-reports = 보고서
report-of-bot = 봇 접근 권한 현황
report-of-person = 사용자 권한 현황
report-bot-name = 봇 이름의 앞부분
report-person-name = 이름, 이메일 또는 ID
report-find = 찾기
report-none = 조건에 맞는 항목이 없습니다.
report-csv = CSV로 내려받기
report-made = 기준 시각
report-owner = 소유자
report-goes-on = 보고서가 다음 페이지로 이어집니다. CSV에는 전체 내용이 있습니다.
report-next = 다음 페이지
report-roles = 보유한 역할과 이유
report-account = 계정 전체
report-nothing = 없음
report-permission = 권한
report-level = 수준
report-from = 근거 역할
