// pawlctl init: the first settings of a server, from a few answers or from options.
#include "app/config/config.hpp"
#include "app/config/settings_file.hpp"
#include "app/config/smtp_target.hpp"
#include "core/text/json_text.hpp"
#include "storage/plain_file.hpp"
#include "tools/command/commands.hpp"
#include "tools/prompt.hpp"

#include <CLI/CLI.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace pawl::tools {

namespace {

constexpr int usage = static_cast<int>(storage::exit_code::usage);
constexpr int write_failed = static_cast<int>(storage::exit_code::storage_failed);
constexpr std::string_view usual_file = "/etc/pawl/pawl.toml";
constexpr std::size_t replaced_size_max = 1 << 20;
constexpr mode_t settings_mode =
    0644; // there is no secret in it: those come from the environment and files of their own

struct wanted_server {
    std::string to{usual_file};
    std::string issuer, tls_cert, tls_key, proxy, listen, sign_up, superuser;
    std::string smtp, smtp_password_file, mail_from;
    bool force = false;
};

bool person_is_there() {
    return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

// `given`, or what a person answers; where none is there, `usual`.
std::string answer(std::string given, const std::string& question, const std::string& usual) {
    if (!given.empty() || !person_is_there()) {
        return given.empty() ? usual : given;
    }
    const std::string said = ask_line(question + (usual.empty() ? ": " : " [" + usual + "]: "));
    return said.empty() ? usual : said;
}

void ask_what_is_missing(wanted_server& w) {
    w.issuer = answer(w.issuer, "URL that clients will use, as https://auth.example.com", "");
    if (w.issuer.empty()) {
        throw tool_error(usage, "--issuer: say the URL that clients will use, as --issuer https://auth.example.com");
    }
    if (w.tls_cert.empty() && w.proxy.empty()) {
        const std::string tls = answer("", "Does Pawl speak TLS itself, or a proxy before it? tls or proxy", "proxy");
        if (tls == "tls") {
            w.tls_cert = answer("", "File with the certificate chain (PEM)", "");
            w.tls_key = answer(w.tls_key, "File with its private key (PEM)", "");
        } else if (tls == "proxy") {
            w.proxy = answer("", "Address of the proxy, as Pawl sees it", "127.0.0.1");
        } else {
            throw tool_error(usage, "answer tls or proxy");
        }
    }
    w.sign_up = answer(w.sign_up, "Who may sign up? open, confirm (by mail), approve, invite or closed", "open");
    w.superuser = answer(w.superuser, "Email address of the first superuser (empty: none yet)", "");
    w.smtp = answer(w.smtp, "Mail relay, as smtp://USER@mail.example.com (empty: no mails)", "");
    if (!w.smtp.empty()) {
        w.mail_from = answer(w.mail_from, "Email address that mails come from", "");
        const std::optional<app::smtp_target> relay = app::smtp_target_from_url(w.smtp);
        if (relay && !relay->user.empty()) { // what is wrong with the URL, the check of the settings says
            w.smtp_password_file = answer(w.smtp_password_file, "File with the password of " + relay->user, "");
        }
    }
}

std::vector<app::given_value> values_of(const wanted_server& w) {
    using enum app::option_id;
    std::vector<app::given_value> out{{issuer, {w.issuer}}, {sign_up, {w.sign_up}}};
    const bool tls = !w.tls_cert.empty();
    const std::string usual = tls ? "0.0.0.0:8443" : "127.0.0.1:8080";
    out.push_back({listen, {w.listen.empty() ? usual : w.listen}});
    if (tls) {
        out.push_back({tls_cert, {w.tls_cert}});
        out.push_back({tls_key, {w.tls_key}});
    } else {
        out.push_back({trusted_proxy, {w.proxy}});
    }
    const auto give = [&out](app::option_id id, const std::string& text) {
        if (!text.empty()) {
            out.push_back({id, {text}});
        }
    };
    give(smtp, w.smtp);
    give(smtp_password_file, w.smtp_password_file);
    give(mail_from, w.mail_from);
    return out;
}

// As pawld would read it: throws its own line.
void check_settings(const std::string& path, const std::string& text) {
    app::config_inputs inputs;
    inputs.arguments = {"--config", path};
    inputs.read_file = [&](const std::string& asked, std::string&) -> std::optional<std::string> {
        return asked == path ? std::optional(text) : std::nullopt;
    };
    const auto loaded = app::load_config(inputs);
    if (const auto* const why = std::get_if<std::string>(&loaded)) {
        throw tool_error(usage, *why);
    }
}

[[noreturn]] void fail_to_write(const std::string& path, const std::error_code& ec) {
    throw tool_error(write_failed, path + ": " + storage::describe_plain_file_error(ec) +
                                       "; name another file with --to, or run this as root");
}

// Whether a settings file sets nothing, as the one of the Debian package: there are only comments in it.
bool sets_nothing(const std::string& text) {
    bool at_start = true, in_comment = false;
    for (const char c : text) {
        in_comment = c != '\n' && (in_comment || (at_start && c == '#'));
        at_start = c == '\n' || (at_start && (c == ' ' || c == '\t' || c == '\r'));
        if (!at_start && !in_comment) {
            return false;
        }
    }
    return true;
}

void refuse_to_lose_settings(const std::string& path) {
    struct stat there{};
    if (::lstat(path.c_str(), &there) != 0) {
        return;
    }
    std::error_code ec;
    const bool is_file = S_ISREG(there.st_mode);
    const std::string text = is_file ? storage::read_plain_file(path, replaced_size_max, ec) : "";
    if (!is_file || ec || !sets_nothing(text)) {
        throw tool_error(exit_refused, path + " is there already; --force replaces it");
    }
}

void write_file(const std::string& path, const std::string& text) {
    const std::size_t slash = path.rfind('/');
    if (slash != std::string::npos && slash != 0) {
        ::mkdir(path.substr(0, slash).c_str(), 0755); // its parent; where that fails, the file says why
    }
    const std::string fresh = path + ".new";
    std::error_code ec;
    const storage::unique_fd file = storage::make_temporary_file(fresh, ec);
    if (ec) {
        fail_to_write(path, ec);
    }
    const bool written = ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                         ::fchmod(file.get(), settings_mode) == 0 && ::fsync(file.get()) == 0;
    ec = written ? storage::replace_plain_file(fresh, path) : std::error_code(errno, std::generic_category());
    if (ec) {
        ::unlink(fresh.c_str());
        fail_to_write(path, ec);
    }
}

int run_init(program& p, wanted_server w) {
    if (!w.force) { // before a person is asked
        refuse_to_lose_settings(w.to);
    }
    ask_what_is_missing(w);
    const std::string text = app::settings_file_text(
        "Settings of pawld, for --config. Made by pawlctl init; every option is here, and those that begin with # have "
        "their default. pawld --config FILE --print-config shows what is in force.",
        values_of(w));
    check_settings(w.to, text);
    write_file(w.to, text);
    if (p.out.json()) {
        std::string quoted;
        append_json_string(quoted, w.to);
        p.out.line("{\"written\":" + quoted + "}");
    } else {
        p.out.line("wrote " + w.to);
    }
    p.out.note("Check it:   pawld --config " + w.to + " --print-config");
    if (w.to == usual_file) { // the Debian package's unit names it
        p.out.note("Start it:   systemctl enable pawl && systemctl restart pawl");
        p.out.note("            (installed from source: first put PAWL_CONFIG=" + w.to + " into /etc/pawl/pawl.env)");
    } else {
        p.out.note("Start it:   pawld --config " + w.to);
    }
    if (!w.superuser.empty()) {
        p.out.note("Then:       pawlctl --config " + w.to + " user add --superuser " + clean(w.superuser));
    }
    return 0;
}

} // namespace

void add_init_command(CLI::App& parser, program& p) {
    CLI::App* const command =
        parser.add_subcommand("init", "write the first settings of a server, from a few questions or from options");
    const auto w = std::make_shared<wanted_server>();
    command->add_option("--to", w->to, "the file to write")->type_name("FILE")->capture_default_str();
    command->add_option("--issuer", w->issuer, "the URL that clients will use")->type_name("URL");
    CLI::Option* const cert =
        command->add_option("--tls-cert", w->tls_cert, "Pawl speaks TLS: file with the certificate chain")
            ->type_name("FILE");
    CLI::Option* const key =
        command->add_option("--tls-key", w->tls_key, "file with its private key")->type_name("FILE")->needs(cert);
    cert->needs(key);
    command
        ->add_option("--proxy", w->proxy, "a proxy at this address speaks TLS, and its forwarded headers are believed")
        ->type_name("ADDRESS")
        ->excludes(cert);
    command->add_option("--listen", w->listen, "where to serve; 127.0.0.1:8080 behind a proxy, 0.0.0.0:8443 with TLS")
        ->type_name("HOST:PORT");
    command->add_option("--sign-up", w->sign_up, "who may sign up: open, confirm, approve, invite or closed")
        ->type_name("WHO")
        ->check(CLI::IsMember({"open", "confirm", "approve", "invite", "closed"}));
    command->add_option("--superuser", w->superuser, "email address of the first superuser: how to make it is said")
        ->type_name("EMAIL");
    command->add_option("--smtp", w->smtp, "the relay that mails are given to: smtp://[USER@]HOST or smtps://")
        ->type_name("URL");
    command->add_option("--smtp-password-file", w->smtp_password_file, "file with the password of its user")
        ->type_name("FILE");
    command->add_option("--mail-from", w->mail_from, "email address that mails come from")->type_name("EMAIL");
    command->add_flag("--force", w->force, "replace a file that sets something");
    command->callback([&p, w] { p.action = [&p, w] { return run_init(p, *w); }; });
}

} // namespace pawl::tools
