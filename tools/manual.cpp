#include "tools/manual.hpp"

#include "app/config/options.hpp"
#include "core/version.hpp"

#include <string_view>
#include <utility>

namespace pawl::tools {

namespace {

constexpr std::string_view manual_date = "2026-11-22"; // of their last change by hand: builds stay reproducible

// Text as troff takes it: nothing in it is a request or an escape.
std::string escaped(std::string_view text) {
    std::string out;
    bool at_line_start = true;
    for (const char c : text) {
        if (at_line_start && (c == '.' || c == '\'')) {
            out += "\\&";
        }
        switch (c) {
        case '\\':
            out += "\\e";
            break;
        case '-':
            out += "\\-";
            break;
        case '\'':
            out += "\\(aq";
            break;
        case '`':
            out += "\\(ga";
            break;
        case '^':
            out += "\\(ha";
            break;
        case '~':
            out += "\\(ti";
            break;
        default:
            out += c;
        }
        at_line_start = c == '\n';
    }
    return out;
}

std::string upper(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return out;
}

// First letter large, a stop at the end.
std::string sentence(std::string text) {
    if (!text.empty()) {
        text[0] = upper(text.substr(0, 1))[0];
        text += text.ends_with('.') ? "" : ".";
    }
    return text;
}

class page {
public:
    page(const std::string& name, std::string_view text) {
        out_ = ".TH " + upper(name) + " 1 " + std::string(manual_date) + " \"pawl " + std::string(program_version) +
               "\"\n";
        section("NAME");
        out_ += escaped(name) + " \\- " + escaped(text) + "\n";
    }
    void section(std::string_view title) { out_ += ".SH " + std::string(title) + "\n"; }
    void part(std::string_view title) { out_ += ".SS " + escaped(title) + "\n"; }
    void paragraph(std::string_view text) { text_lines(".PP\n", text); }
    void plain(std::string_view text) { text_lines("", text); }
    void entry(std::string_view term, std::string_view text) {
        out_ += ".TP\n.B " + escaped(term) + "\n" + escaped(text) + "\n";
    }
    // Set as it is, line by line.
    void literal(std::string_view text) { out_ += ".PP\n.nf\n" + escaped(text) + "\n.fi\n"; }
    void options(const command_definition& command) {
        for (const option_definition& option : command.options) {
            std::string term;
            for (const std::string& name : option.names) {
                term += (term.empty() ? "" : ", ") + name;
            }
            term += (option.is_flag() || term.empty() ? "" : " ") + option.value;
            std::string text = sentence(option.text);
            for (std::size_t i = 0; i < option.choices.size(); ++i) {
                text += (i == 0 ? " One of " : ", ") + option.choices[i];
            }
            text += option.choices.empty() ? "" : ".";
            text += option.default_text.empty() ? "" : " Default: " + option.default_text + ".";
            entry(term, text);
        }
    }
    std::string take() { return std::move(out_); }

private:
    void text_lines(std::string_view before, std::string_view text) {
        if (!text.empty()) {
            out_ += std::string(before) + escaped(text) + "\n";
        }
    }
    std::string out_;
};

void add_command(page& to, const command_definition& command) {
    to.part("pawlctl " + command.path);
    to.plain(sentence(command.text));
    to.paragraph(command.more);
    to.options(command);
}

void add_inner(page& to, const command_definition& command) {
    for (const command_definition& inner : command.commands) {
        if (inner.commands.empty() || !inner.options.empty()) {
            add_command(to, inner);
        }
        add_inner(to, inner);
    }
}

void add_exit_status(page& to) {
    to.section("EXIT STATUS");
    to.entry("0", "Done.");
    to.entry("1", "Refused, or a check found something: the line on standard error says what.");
    to.entry("2", "Usage, or a setting that can't be.");
    to.entry("65", "The data are damaged.");
    to.entry("66", "The data were changed by another hand.");
    to.entry("67", "The key file is missing, wrong, or open to others.");
    to.entry("68", "The data are of a newer version.");
    to.entry("69", "The clock is over a day behind the data.");
    to.entry("70", "Storage failed.");
    to.entry("75", "Another process holds the data directory.");
}

manual_page overview(const command_definition& program) {
    page out("pawlctl", "manages and examines pawld and what it wrote");
    out.section("SYNOPSIS");
    out.plain("pawlctl [OPTION ...] COMMAND [ARGUMENT ...]");
    out.section("DESCRIPTION");
    out.plain(program.text);
    out.paragraph(
        "What manages (user, session, key, token, snapshot now, info) goes to the server at --url, else through "
        "the admin socket to the server that holds the data directory, else, where no server runs, it opens "
        "the directory itself. The answers are the same. Nothing is created where there is no data.");
    out.paragraph(
        "The server's settings are found as pawld finds them: options, environment, the file of --config, .env.");
    out.section("COMMANDS");
    for (const command_definition& command : program.commands) {
        out.entry("pawlctl-" + command.name + "(1)", sentence(command.text));
    }
    out.section("OPTIONS");
    out.plain("They may stand before or after the command.");
    out.options(program);
    add_exit_status(out);
    out.entry("76", "No server answers, or what answers is none.");
    out.section("ENVIRONMENT");
    out.entry("PAWLCTL_TOKEN", "With --url: an administrator's access token.");
    out.entry("NO_COLOR", "No colours.");
    out.entry("PAWL_*", "As for pawld(1).");
    out.section("SEE ALSO");
    out.plain("pawld(1)");
    return {"pawlctl", out.take()};
}

manual_page server_page() {
    page out("pawld", "authentication server whose refresh tokens only turn one way");
    out.section("SYNOPSIS");
    out.plain("pawld [OPTION ...]");
    out.section("DESCRIPTION");
    out.plain("Serves sign-up, login, access and refresh tokens, sessions and logout over HTTP and JSON, with all it "
              "knows in one data directory. When it serves, it prints one line of JSON with its URL.");
    out.paragraph(
        "Each option may also be set in the environment as PAWL_NAME, in a TOML file named by --config, or in "
        ".env; the command line comes first, then the environment, the file, .env, the default. Durations are "
        "seconds or have a suffix s, m, h, d.");
    out.section("OPTIONS");
    for (const app::option_row& row : app::option_table()) {
        const bool outside = row.place == app::option_place::outside_only;
        const std::string name = outside ? app::environment_name(row) : "--" + std::string(row.name);
        const std::string unit = app::unit_of(row);
        std::string text = sentence(std::string(row.meaning));
        text += row.repeatable ? " May be given again." : "";
        text += row.kind == app::value_kind::flag ? "" : " Default: " + std::string(row.default_text) + ".";
        text += row.reloadable ? " SIGHUP applies a change." : "";
        std::string term = name;
        if (!unit.empty() && !outside) {
            term.append(" ").append(unit);
        }
        out.entry(term, text);
    }
    out.section("SIGNALS");
    out.entry("SIGTERM, SIGINT", "Ends what is under way, closes the log whole, exits 0.");
    out.entry("SIGHUP", "Reads settings and key file again; what needs a restart is named in the log.");
    add_exit_status(out);
    out.section("SEE ALSO");
    out.plain("pawlctl(1)");
    return {"pawld", out.take()};
}

} // namespace

manual_page page_of(const command_definition& command) {
    const std::string name = "pawlctl-" + command.name;
    page out(name, command.text);
    out.section("SYNOPSIS");
    bool first = true;
    const auto add_line = [&](const command_definition& c) {
        if (c.commands.empty() || !c.options.empty()) {
            first ? out.plain(synopsis_of(c)) : out.paragraph(synopsis_of(c));
            first = false;
        }
    };
    add_line(command);
    for (const command_definition& inner : command.commands) {
        add_line(inner);
    }
    out.section("DESCRIPTION");
    out.plain(sentence(command.text));
    out.paragraph(command.more);
    if (!command.options.empty()) {
        out.section("OPTIONS");
        out.options(command);
    }
    if (!command.commands.empty()) {
        out.section("COMMANDS");
        add_inner(out, command);
    }
    out.section("SEE ALSO");
    out.plain("pawlctl(1) for the options of every command and for exit codes; pawld(1)");
    return {name, out.take()};
}

std::vector<manual_page> manual_pages() {
    const command_definition program = definitions();
    std::vector<manual_page> out{overview(program)};
    for (const command_definition& command : program.commands) {
        out.push_back(page_of(command));
    }
    out.push_back(server_page());
    return out;
}

} // namespace pawl::tools
