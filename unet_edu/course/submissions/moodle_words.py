"""The words of Moodle's grading worksheet in many languages.

Moodle writes the headers of the worksheet and the word before a participant's number in the language of whoever
downloads it, and its importer compares with the words of whoever uploads it. Which strings these are:
``mod/assign/gradingtable.php`` and ``mod/assign/feedback/offline/importgradeslib.php`` of moodle/moodle (commit
452e36f). The words are those of Moodle's language packs: ``assign.php``, ``moodle.php`` and
``assignfeedback_comments.php`` of each language in projectestac/moodle-langpacks, commit 6340d35. Lithuanian is left
out: its pack has a tag of HTML in a header.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Worksheet:
    """The headers of a worksheet in one language, and the word before a participant's number."""

    language: str  # as Moodle calls it
    identifier: str
    participant: str  # "Participant", in the column `identifier` before the number
    names: tuple[str, str]  # of two versions of Moodle
    email: str
    id_number: str
    grade: str
    maximum: str
    modified: str  # when the grade was
    comments: str

    def is_of(self, headers: Sequence[str]) -> bool:
        """Return whether a file has the three columns without which Moodle refuses it."""
        return {self.identifier, self.grade, self.modified} <= set(headers)


def worksheet(headers: Sequence[str]) -> Worksheet | None:
    """Return the words of a worksheet with these headers; None where they are not those of one."""
    return next((each for each in WORKSHEETS if each.is_of(headers)), None)


WORKSHEETS = (
    Worksheet(
        "en",
        "Identifier",
        "Participant",
        ("Full name", "User full name"),
        "Email address",
        "ID number",
        "Grade",
        "Maximum grade",
        "Last modified (grade)",
        "Feedback comments",
    ),
    Worksheet(
        "de",
        "ID",
        "Teilnehmer/in",
        ("Vollständiger Name", "Vollständiger Name"),
        "E-Mail-Adresse",
        "ID-Nummer",
        "Bewertung",
        "Bestwertung",
        "Zuletzt geändert (Bewertung)",
        "Feedback als Kommentar",
    ),
    Worksheet(
        "fr",
        "Identifiant",
        "Participant",
        ("Nom complet", "Nom complet de l’utilisateur"),
        "Adresse de courriel",
        "Numéro d’identification",
        "Note",
        "Note maximale",
        "Dernière modification (note)",
        "Feedback par commentaires",
    ),
    Worksheet(
        "es",
        "Identificador",
        "Participante",
        ("Nombre completo", "Nombre completo del usuario"),
        "Dirección de correo",
        "Número de ID",
        "Calificación",
        "Calificación máxima",
        "Última modificación (calificación)",
        "Comentarios de retroalimentación",
    ),
    Worksheet(
        "zh_cn",
        "标识符",
        "参与人",
        ("全名", "用户全名"),
        "电子邮件地址",
        "学号",
        "成绩",
        "最高分",
        "上次修改（评分）",
        "反馈意见",
    ),
    Worksheet(
        "ar",
        "المُعرَّف",
        "المشارك",
        ("ًالاسم كاملا", "الاسم كاملا"),
        "عنوان البريد الإلكتروني",
        "رقم المُعرَّف",
        "الدرجة",
        "أعلى تقدير",
        "آخر تعديل (التقدير)",
        "تعليقات الإفادة",
    ),
    Worksheet(
        "ca",
        "Identificador",
        "Participant",
        ("Nom complet", "Nom complet de l'usuari"),
        "Adreça electrònica",
        "Número ID",
        "Qualificació",
        "Qualificació màxima",
        "Darrera modificació (qualificació)",
        "Comentaris de retroacció.",
    ),
    Worksheet(
        "el",
        "Αναγνωριστικό",
        "Συμμετέχων",
        ("Πλήρες όνομα", "Πλήρες όνομα χρήστη"),
        "Διεύθυνση ηλε.ταχυδρομείου",
        "Αναγνωριστικός αριθμός",
        "Βαθμός",
        "Μέγιστος Βαθμός",
        "Τελευταία τροποποίηση (βαθμολόγηση)",
        "Σχόλια ανατροφοδότησης",
    ),
    Worksheet(
        "eu",
        "Identifikatzailea",
        "Partaidea",
        ("Izen osoa", "Erabiltzailearen izen osoa"),
        "Helbide elektronikoa",
        "ID zenbakia",
        "Kalifikazioa",
        "Gehieneko kalifikazioa",
        "Azken aldaketa (kalifikazioa)",
        "Feedback-iruzkinak",
    ),
    Worksheet(
        "gl",
        "Identificador",
        "Participante",
        ("Nome completo", "Nome completo do usuario"),
        "Enderezo de correo",
        "Número ID",
        "Cualificación",
        "Cualificación máxima",
        "Última modificación (cualificación)",
        "Comentarios",
    ),
    Worksheet(
        "it",
        "Identificativo",
        "Partecipante",
        ("Nome", "Nome completo dell'utente"),
        "Indirizzo email",
        "Codice identificativo",
        "Valutazione",
        "Valutazione massima",
        "Ultima modifica (valutazione)",
        "Commenti",
    ),
    Worksheet(
        "ja",
        "ID",
        "参加者",
        ("フルネーム", "ユーザフルネーム"),
        "メールアドレス",
        "IDナンバ",
        "評点",
        "最大評点",
        "最終更新日時 (評定)",
        "フィードバックコメント",
    ),
    Worksheet(
        "ko",
        "식별자",
        "참가자",
        ("전체 이름", "사용자 성명"),
        "이메일 주소",
        "id 번호",
        "성적",
        "최대 성적",
        "마지막 수정됨(성적)",
        "피드백 코멘트",
    ),
    Worksheet(
        "nl",
        "Identificatie",
        "Deelnemer",
        ("Volledige naam", "Volledige naam van de gebruiker"),
        "E-mailadres",
        "Nummer (ID)",
        "Cijfer",
        "Maximaal cijfer",
        "Laatst gewijzigd (beoordeling)",
        "Feedback tekstvak",
    ),
    Worksheet(
        "pt",
        "Identificador",
        "Participante",
        ("Nome completo", "Nome completo do utilizador"),
        "E-mail",
        "Número de identificação (ID)",
        "Avaliação",
        "Nota máxima",
        "Última atualização (avaliação)",
        "Comentários de feedback",
    ),
    Worksheet(
        "ro",
        "Identificator",
        "Participant",
        ("Nume complet", "Numele complet al utilizatorului"),
        "Adresa de e-mail",
        "Număr ID",
        "Notă",
        "Notă maximă",
        "Ultima modificare (nota)",
        "Comentarii de feedback",
    ),
    Worksheet(
        "ru",
        "Идентификатор",
        "Участник",
        ("Полное имя", "Полное имя пользователя"),
        "Адрес электронной почты",
        "Индивидуальный номер",
        "Оценка",
        "Максимальная оценка",
        "Последнее изменение (оценка)",
        "Отзыв в виде комментария",
    ),
    Worksheet(
        "sv",
        "Identifierare",
        "Deltagare",
        ("Fullständigt namn", "Fullständigt namn"),
        "E-postadress",
        "ID nummer",
        "Betyg",
        "Maxbetyg",
        "Senast modifierat (betyg)",
        "Återkopplingskommentarer",
    ),
    Worksheet(
        "tr",
        "Tanımlayıcı",
        "Katılımcı",
        ("Tam adı", "Kullanıcının tam adı"),
        "E-posta adresi",
        "ID numarası",
        "Not",
        "Enyüksek not",
        "Son düzenleme (not)",
        "Geri bildirim yorumları",
    ),
    Worksheet(
        "uk",
        "Ідентифікатор",
        "Учасник",
        ("Повна назва", "Повне ім'я користувача"),
        "Електронна пошта",
        "Індивідуальний номер",
        "Оцінка",
        "Максимальна оцінка",
        "Востаннє змінювалося (оцінка)",
        "Відгук - коментарем",
    ),
    Worksheet(
        "ur",
        "شناخت کنندہ",
        "شریک",
        ("پورا نام", "صارف کا پورا نام"),
        "ای میل اڈریس",
        "آئی ڈی نمبر",
        "درجہ",
        "زیادہ سے زیادہ گریڈ",
        "آخری ترمیم شدہ (درجہ)",
        "تاثرات کے تبصرے",
    ),
)
