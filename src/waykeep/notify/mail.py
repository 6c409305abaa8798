"""Letters of the server, in the person's language: an invitation and a reset with a one-time link, a new policy."""

from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from waykeep.egress import Egress, Relay

CONTACT, NAME, PRODUCT = "identity.contact", "identity.name", "Waykeep"

# kind → language → subject and text; {link}, {organisation} and {when} are filled in.
WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "invitation": {
        "en": (
            "Your invitation to {organisation}",
            (
                "{organisation} invites you to Waykeep. This link works once, within 30 minutes:\n\n{link}\n\n"
                "If you do not know {organisation}, do nothing: no account is made."
            ),
        ),
        "fa": (
            "دعوت شما به {organisation}",
            (
                "{organisation} شما را به Waykeep دعوت کرده است. "
                "این پیوند یک بار و تا ۳۰ دقیقه کار می‌کند:\n\n{link}\n\n"
                "اگر {organisation} را نمی‌شناسید کاری نکنید؛ هیچ حسابی ساخته نمی‌شود."
            ),
        ),
        "ar": (
            "دعوتك إلى {organisation}",
            (
                "تدعوك {organisation} إلى Waykeep. يعمل هذا الرابط مرة واحدة خلال 30 دقيقة:\n\n{link}\n\n"
                "إذا كنت لا تعرف {organisation} فلا تفعل شيئًا، ولن يُنشأ أي حساب."
            ),
        ),
        "zh": (
            "{organisation} 的邀请",
            (
                "{organisation} 邀请您使用 Waykeep。此链接仅可使用一次,30 分钟内有效:\n\n{link}\n\n"
                "如果您不认识 {organisation},请忽略此邮件,不会创建任何帐户。"
            ),
        ),
    },
    "reset": {
        "en": (
            "A new password for Waykeep",
            (
                "Choose a new password with this link. It works once, within 30 minutes:\n\n{link}\n\n"
                "If you did not ask for it, do nothing: your password stays as it is."
            ),
        ),
        "fa": (
            "گذرواژهٔ تازه برای Waykeep",
            (
                "با این پیوند گذرواژهٔ تازه‌ای انتخاب کنید. پیوند یک بار و تا ۳۰ دقیقه کار می‌کند:\n\n{link}\n\n"
                "اگر شما درخواست نکرده‌اید کاری نکنید؛ گذرواژهٔ شما همان می‌ماند."
            ),
        ),
        "ar": (
            "كلمة مرور جديدة لـ Waykeep",
            (
                "اختر كلمة مرور جديدة عبر هذا الرابط. يعمل مرة واحدة خلال 30 دقيقة:\n\n{link}\n\n"
                "إذا لم تطلب ذلك فلا تفعل شيئًا، وستبقى كلمة مرورك كما هي."
            ),
        ),
        "zh": (
            "Waykeep 的新密码",
            (
                "请用此链接设置新密码。链接仅可使用一次,30 分钟内有效:\n\n{link}\n\n"
                "如果您没有提出请求,请忽略此邮件,密码保持不变。"
            ),
        ),
    },
}


# Words of a new version of the policy.
WORDS["version"] = {
    "en": (
        "Our privacy policy changes on {when}",
        (
            "A new version of the privacy policy of {organisation} holds from {when}. What it changes stands here:\n\n"
            "{link}\n\nIf you do not agree you may end your account or ask for your data before that day."
        ),
    ),
    "fa": (
        "سیاست حریم خصوصی ما در {when} تغییر می‌کند",
        (
            "نسخهٔ تازهٔ سیاست حریم خصوصی {organisation} از {when} اجرا می‌شود. آنچه تغییر می‌کند اینجاست:\n\n"
            "{link}\n\nاگر موافق نیستید، می‌توانید پیش از آن روز حساب خود را ببندید یا داده‌های خود را بخواهید."
        ),
    ),
    "ar": (
        "تتغير سياسة الخصوصية لدينا في {when}",
        (
            "تسري نسخة جديدة من سياسة الخصوصية لدى {organisation} ابتداءً من {when}. ما تغيره موجود هنا:\n\n"
            "{link}\n\nإذا لم توافق فيمكنك قبل ذلك اليوم إنهاء حسابك أو طلب بياناتك."
        ),
    ),
    "zh": (
        "我们的隐私政策将于 {when} 变更",
        (
            "{organisation} 的隐私政策新版本自 {when} 起生效。变更内容见:\n\n{link}\n\n"
            "如果您不同意,可在该日之前注销帐户或索取您的数据。"
        ),
    ),
}


# Words to whom an incident touches; {text} is the notice, whose parts the policy demands.
WORDS["incident"] = {
    "en": ("What happened to your data at {organisation}", "{text}\n\nYou find this also here:\n\n{link}"),
    "fa": ("آنچه بر داده‌های شما نزد {organisation} گذشت", "{text}\n\nاین را اینجا هم می‌یابید:\n\n{link}"),
    "ar": ("ما حدث لبياناتك لدى {organisation}", "{text}\n\nتجد هذا هنا أيضًا:\n\n{link}"),
    "zh": ("您在 {organisation} 的数据发生了什么", "{text}\n\n您也可在此查看:\n\n{link}"),
}


class Mail:
    """Sends letters through one relay."""

    def __init__(self, egress: Egress, relay: Relay, sender: str) -> None:
        self._egress, self._relay, self._sender = egress, relay, sender

    async def send(
        self, kind: str, language: str, to: str, link: str, organisation: str, *, when: str = "", text: str = ""
    ) -> None:
        """Write and send one letter; Unsent when it did not leave."""
        words = WORDS[kind]
        subject, body = words.get(language, words["en"])
        carries = {CONTACT}
        if self._egress.may(self._relay.host, NAME):
            carries.add(NAME)
        else:
            organisation = PRODUCT  # the name of a house is someone's data too
        letter = EmailMessage()
        letter["From"], letter["To"] = self._sender, to
        letter["Subject"] = subject.format(organisation=" ".join(organisation.split()), when=when)
        letter["Date"], letter["Message-ID"] = formatdate(), make_msgid(domain=self._sender.rpartition("@")[2] or None)
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(body.format(link=link, organisation=organisation, when=when, text=text))
        await self._egress.mail(self._relay, letter, frozenset(carries))
