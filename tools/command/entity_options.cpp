#include "tools/command/entity_options.hpp"

#include "app/http/path_segment.hpp"
#include "tools/json_view.hpp"
#include "tools/prompt.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <fstream>
#include <vector>

namespace pawl::tools {

namespace {

constexpr std::size_t json_file_size_max = std::size_t{64} << 10U;

// Throws tool_error (usage).
boost::json::value read_json_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(json_file_size_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    boost::system::error_code ec;
    boost::json::value value = boost::json::parse(text, ec);
    if (ec || text.size() > json_file_size_max) {
        throw tool_error(static_cast<int>(storage::exit_code::usage),
                         clean(path) + " is no file of JSON of at most 64 KiB");
    }
    return value;
}

} // namespace

void add_text(CLI::App& command, const body_ptr& body, const char* option, const char* member, const char* type,
              const char* meaning) {
    command
        .add_option_function<std::string>(
            option, [body, member](const std::string& text) { (*body)[member] = text; }, meaning)
        ->type_name(type);
}

void add_list(CLI::App& command, const body_ptr& body, const char* option, const char* member, const char* type,
              const char* meaning) {
    command
        .add_option_function<std::vector<std::string>>(
            option,
            [body, member](const std::vector<std::string>& all) {
                (*body)[member] = boost::json::array(all.begin(), all.end());
            },
            meaning)
        ->type_name(type)
        ->allow_extra_args(false);
}

void add_inner_list(CLI::App& command, const body_ptr& body, const char* option, const char* within, const char* member,
                    const char* type, const char* meaning) {
    command
        .add_option_function<std::vector<std::string>>(
            option,
            [body, within, member](const std::vector<std::string>& all) {
                boost::json::value& inner = (*body)[within];
                if (!inner.is_object()) {
                    inner.emplace_object();
                }
                inner.get_object()[member] = boost::json::array(all.begin(), all.end());
            },
            meaning)
        ->type_name(type)
        ->allow_extra_args(false);
}

void add_number(CLI::App& command, const body_ptr& body, const char* option, const char* member, const char* type,
                const char* meaning) {
    command
        .add_option_function<std::int64_t>(
            option, [body, member](std::int64_t number) { (*body)[member] = number; }, meaning)
        ->type_name(type);
}

void add_word(CLI::App& command, const body_ptr& body, const char* option, const char* member,
              std::span<const std::string_view> words, const char* meaning) {
    command
        .add_option_function<std::string>(
            option, [body, member](const std::string& word) { (*body)[member] = word; }, meaning)
        ->type_name("WORD")
        ->check(CLI::IsMember(std::vector<std::string>(words.begin(), words.end())));
}

void add_switch(CLI::App& command, const body_ptr& body, const char* options, const char* member, const char* meaning) {
    command.add_flag_function(options, [body, member](std::int64_t on) { (*body)[member] = on > 0; }, meaning);
}

void add_json_file(CLI::App& command, const body_ptr& body, const char* option, const char* member,
                   const char* meaning) {
    command
        .add_option_function<std::string>(
            option, [body, member](const std::string& path) { (*body)[member] = read_json_file(path); }, meaning)
        ->type_name("FILE");
}

void add_json_object(CLI::App& command, const body_ptr& body, const char* option, const char* member,
                     const char* meaning) {
    const auto read = [body, member, option](const std::string& text) {
        boost::system::error_code error;
        boost::json::value value =
            text.starts_with('@') ? read_json_file(text.substr(1)) : boost::json::parse(text, error);
        if (error || !value.is_object()) {
            throw tool_error(static_cast<int>(storage::exit_code::usage),
                             std::string(option) + " takes a JSON object, or @ and a file that has one");
        }
        (*body)[member] = std::move(value);
    };
    command.add_option_function<std::string>(option, read, meaning)->type_name("JSON|@FILE");
}

void add_clear(CLI::App& command, const body_ptr& body) {
    command
        .add_option_function<std::vector<std::string>>(
            "--clear",
            [body](const std::vector<std::string>& members) {
                for (const std::string& member : members) {
                    (*body)[member] = nullptr;
                }
            },
            "take a member back to what it is where nothing is said; may be given again")
        ->type_name("MEMBER")
        ->allow_extra_args(false);
}

void refuse_empty(const boost::json::object& body) {
    if (body.empty()) {
        throw tool_error(static_cast<int>(storage::exit_code::usage), "nothing to change was named; see --help");
    }
}

int remove_entity(program& p, const char* collection, const char* what, const std::string& name, bool yes) {
    const auto server = connect_admin(p.global);
    const std::string target = std::string("/admin/") + collection + "/" + app::path_segment(name);
    ask(*server, app::http_method::get, target); // before a person is asked for nothing
    confirm("Remove " + std::string(what) + " " + clean(name) + " for good", yes);
    ask(*server, app::http_method::delete_, target);
    if (p.out.json()) {
        boost::json::object removed;
        removed["removed"] = name;
        print_json(p.out, removed);
    } else {
        p.out.line("removed " + clean(name));
    }
    return 0;
}

int list_entities(program& p, const std::string& target, std::string_view list, table t,
                  std::vector<cell> (*row)(const boost::json::value&)) {
    const auto server = connect_admin(p.global);
    const boost::json::value all = ask(*server, app::http_method::get, target);
    for (const boost::json::value& one : list_of(all, list)) {
        if (p.out.json()) {
            print_json(p.out, one);
        } else {
            t.rows.push_back(row(one));
        }
    }
    if (!p.out.json()) {
        p.out.print(t);
    }
    return 0;
}

} // namespace pawl::tools
