#include "app/mail/texts.hpp"

namespace pawl::app {

constexpr mail_texts german_mail_texts{
    .code = "de",
    .greeting = "Guten Tag {name},",
    .greeting_without_name = "Guten Tag,",
    .link_until = "Der Link gilt bis {until}.",
    .asked_from = "Das wurde am {time} angefordert, von {network} ({agent}).",
    .happened = "Es geschah am {time}.",
    .happened_from = "Es geschah am {time}, von {network} ({agent}).",
    .not_you_link = "Wenn Sie das nicht angefordert haben, müssen Sie nichts tun: Ohne den Link ändert sich nichts.",
    .not_you_notice = "Wenn Sie das nicht waren, melden Sie sich an, ändern Sie Ihr Passwort und beenden Sie die "
                      "Sitzungen, die Sie nicht kennen.",
    .footer = "Diese Mail kommt von {issuer}. Bitte antworten Sie nicht darauf.",
    .verify_email_subject = "Bestätigen Sie Ihre E-Mail-Adresse",
    .verify_email_lead = "Bitte bestätigen Sie, dass {about} Ihre E-Mail-Adresse ist.",
    .verify_email_button = "Adresse bestätigen",
    .reset_password_subject = "Wählen Sie ein neues Passwort",
    .reset_password_lead = "Jemand hat für Ihr Konto ein neues Passwort angefordert. Mit diesem Link können Sie eines "
                           "wählen.",
    .reset_password_button = "Neues Passwort wählen",
    .change_email_subject = "Bestätigen Sie Ihre neue E-Mail-Adresse",
    .change_email_lead = "{about} soll die E-Mail-Adresse Ihres Kontos werden. Bitte bestätigen Sie das.",
    .change_email_button = "Neue Adresse bestätigen",
    .undo_email_subject = "Ihre E-Mail-Adresse wurde geändert",
    .undo_email_lead = "Die E-Mail-Adresse Ihres Kontos ist jetzt {about}. Mit diesem Link können Sie das rückgängig "
                       "machen.",
    .undo_email_button = "Änderung rückgängig machen",
    .sign_up_subject = "Schließen Sie die Registrierung ab",
    .sign_up_lead = "Jemand hat ein Konto mit Ihrer E-Mail-Adresse angefordert. Mit diesem Link können Sie es anlegen.",
    .sign_up_button = "Konto anlegen",
    .sign_up_taken_subject = "Sie haben schon ein Konto",
    .sign_up_taken_lead = "Jemand hat ein Konto mit Ihrer E-Mail-Adresse angefordert, aber Sie haben schon eines. "
                          "Sie können sich anmelden oder ein neues Passwort wählen.",
    .invite_subject = "Sie sind eingeladen",
    .invite_lead = "Für Sie wurde ein Konto angelegt. Mit diesem Link können Sie das Passwort wählen.",
    .invite_button = "Einladung annehmen",
    .password_changed_subject = "Ihr Passwort wurde geändert",
    .password_changed_lead = "Das Passwort Ihres Kontos wurde geändert.",
    .email_changed_subject = "Ihre E-Mail-Adresse wurde geändert",
    .email_changed_lead = "Die E-Mail-Adresse Ihres Kontos ist jetzt {about}.",
    .factor_added_subject = "Ein zweiter Faktor wurde hinzugefügt",
    .factor_added_lead = "Zu Ihrem Konto wurde ein zweiter Faktor hinzugefügt: {about}.",
    .factor_removed_subject = "Ein zweiter Faktor wurde entfernt",
    .factor_removed_lead = "Von Ihrem Konto wurde ein zweiter Faktor entfernt: {about}.",
    .recovery_used_subject = "Ein Wiederherstellungscode wurde benutzt",
    .recovery_used_lead = "Einer Ihrer Wiederherstellungscodes wurde zur Anmeldung benutzt.",
    .factor_failures_subject = "Jemand kennt Ihr Passwort",
    .factor_failures_lead = "Ihr Passwort wurde richtig eingegeben, aber der zweite Faktor war mehrmals falsch.",
    .recovery_low_subject = "Nur noch wenige Wiederherstellungscodes",
    .recovery_low_lead = "Sie haben fast alle Wiederherstellungscodes benutzt. Bitte erzeugen Sie neue.",
    .new_device_subject = "Anmeldung mit einem neuen Gerät",
    .new_device_lead = "Jemand hat sich mit einem Gerät angemeldet, das bisher nicht benutzt wurde.",
    .account_removed_subject = "Ihr Konto wurde entfernt",
    .account_removed_lead = "Ihr Konto wurde entfernt, mit allem, was dazu gehörte.",
    .test_subject = "Testmail",
    .test_lead = "Das ist eine Testmail. Da Sie sie lesen, kommen Mails dieses Servers an.",
    .approved_subject = "Ihr Konto wurde freigegeben",
    .approved_lead = "Ihr Konto wurde freigegeben. Sie können sich jetzt anmelden.",
};

} // namespace pawl::app
