#include "app/page/texts.hpp"

namespace pawl::app {

constexpr page_texts german_texts{
    .code = "de",
    .some_client = "einer Anwendung",
    .some_user = "Konto ohne Namen",
    .sign_in_title = "Anmelden",
    .sign_in_lead = "Weiter zu {client}",
    .login_label = "Benutzername oder E-Mail-Adresse",
    .password_label = "Passwort",
    .sign_in_button = "Anmelden",
    .login_failed = "Der Benutzername oder das Passwort ist falsch.",
    .too_many_attempts = "Es gab zu viele Versuche. Bitte versuchen Sie es in {wait} s noch einmal.",
    .too_many_attempts_minutes = "Es gab zu viele Versuche. Bitte versuchen Sie es in {wait} min noch einmal.",
    .busy = "Der Server ist ausgelastet. Bitte versuchen Sie es gleich noch einmal.",
    .start_over = "Diese Seite ist zu alt. Bitte kehren Sie zur Anwendung zurück und beginnen Sie von vorn.",
    .consent_title = "Zugriff erlauben",
    .consent_lead = "Möchten Sie {client} Folgendes erlauben?",
    .signed_in_as = "Sie sind angemeldet als {user}.",
    .allow_button = "Erlauben",
    .deny_button = "Nicht erlauben",
    .select_title = "Konto auswählen",
    .select_lead = "Weiter zu {client}",
    .continue_button = "Weiter als {user}",
    .other_button = "Anderes Konto verwenden",
    .sign_out_title = "Abmelden",
    .sign_out_lead = "Möchten Sie sich abmelden?",
    .sign_out_lead_client = "Möchten Sie sich abmelden? Die Anfrage kommt von {client}.",
    .sign_out_button = "Abmelden",
    .stay_button = "Angemeldet bleiben",
    .signed_out_title = "Sie sind abgemeldet",
    .signed_out_lead = "Sie können diese Seite jetzt schließen.",
    .back_link = "Zurück zu {client}",
    .error_title = "Das hat nicht funktioniert",
    .error_lead =
        "Bitte kehren Sie zur Anwendung zurück und versuchen Sie es noch einmal. Geschieht es wieder, nennen Sie dem "
        "Betreiber die folgenden Angaben.",
    .error_code = "Fehler: {error}",
    .request_number = "Anfrage: {request}",
    .form_post_title = "Einen Moment",
    .form_post_lead = "Sie werden zur Anwendung zurückgeleitet.",
    .form_post_button = "Weiter",
};

} // namespace pawl::app
