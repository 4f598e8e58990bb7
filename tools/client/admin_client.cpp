#include "tools/client/admin_client.hpp"

#include "storage/directory/log_directory.hpp"
#include "tools/settings.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace pawl::tools {

namespace {

constexpr unsigned status_ok_min = 200, status_ok_max = 299;

constexpr auto refused_by_server = exit_refused;

// What a text member of a problem document says; empty where there is none.
std::string_view text_of(const boost::json::object& document, std::string_view name) {
    const boost::json::value* const member = document.if_contains(name);
    return member != nullptr && member->is_string() ? std::string_view(member->get_string()) : std::string_view();
}

// "email: must be ...", of a 422's `errors`.
std::string faults_of(const boost::json::object& problem) {
    std::string out;
    const boost::json::value* const errors = problem.if_contains("errors");
    if (errors == nullptr || !errors->is_array()) {
        return out;
    }
    for (const boost::json::value& error : errors->get_array()) {
        if (error.is_object()) {
            const boost::json::object& fault = error.get_object();
            const std::string_view said = text_of(fault, "message");
            out += "; " + std::string(text_of(fault, "field")) + (said.empty() ? "" : ": ") + std::string(said);
        }
    }
    return out;
}

} // namespace

void refuse_answer(const admin_client& server, const admin_answer& answer) {
    boost::system::error_code failed;
    const boost::json::value document = boost::json::parse(answer.body, failed);
    if (failed || !document.is_object() || text_of(document.get_object(), "code").empty()) {
        throw tool_error(exit_unreachable, server.place() + " answered " + std::to_string(answer.status) +
                                               " without a problem document: is it pawld?");
    }
    const boost::json::object& problem = document.get_object();
    const std::string code(text_of(problem, "code"));
    const int exit_code =
        code == "storage_unavailable" ? static_cast<int>(storage::exit_code::storage_failed) : refused_by_server;
    throw tool_error(exit_code,
                     clean(std::string(text_of(problem, "detail")) + faults_of(problem)) + " (" + clean(code) + ")",
                     boost::json::serialize(document));
}

boost::json::value ask(admin_client& server, app::http_method method, std::string target,
                       const boost::json::value& body) {
    const admin_answer answer =
        server.call(method, std::move(target), body.is_null() ? std::string() : boost::json::serialize(body));
    if (answer.status < status_ok_min || answer.status > status_ok_max) {
        refuse_answer(server, answer);
    }
    if (answer.body.empty()) {
        return nullptr;
    }
    boost::system::error_code failed;
    boost::json::value document = boost::json::parse(answer.body, failed);
    if (failed) {
        throw tool_error(exit_unreachable, server.place() + " answered what is no JSON: is it pawld?");
    }
    return document;
}

std::string encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                c == '-' || c == '.' || c == '_' || c == '~';
        if (unreserved) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += digits[byte >> 4U];
            out += digits[byte & 15U];
        }
    }
    return out;
}

stream_end admin_client::stream(std::string target, std::string last_id,
                                const std::function<bool(std::string_view)>& take) {
    static_cast<void>(target);
    static_cast<void>(last_id);
    static_cast<void>(take);
    throw tool_error(exit_unreachable, place() + ": events are told by a running server");
}

namespace {

// The server that holds the directory; null where none listens. `socket`: where it would.
std::unique_ptr<admin_client> connect_holder(const app::config& settings, const std::string& socket) {
    struct stat status{};
    if (::access(settings.data_dir.c_str(), X_OK) != 0 && errno == EACCES) {
        throw tool_error(static_cast<int>(storage::exit_code::usage),
                         settings.data_dir + ": is another user's: run pawlctl as the server's user, or as root");
    }
    if (!storage::log_directory::has_manifest(settings.data_dir) || ::stat(settings.data_dir.c_str(), &status) != 0) {
        throw tool_error(static_cast<int>(storage::exit_code::usage),
                         settings.data_dir +
                             ": holds no data of pawld; say which with --data-dir, or --url for a server");
    }
    return socket.empty() ? nullptr : connect_admin_socket(socket, settings.data_dir, status.st_uid);
}

} // namespace

std::unique_ptr<admin_client> connect_server(const global_options& global) {
    if (!global.url.empty()) {
        return connect_url(global);
    }
    const app::config settings = load_settings(global);
    return connect_holder(settings, admin_socket_of(settings));
}

std::unique_ptr<admin_client> connect_admin(const global_options& global) {
    if (!global.url.empty()) {
        return connect_url(global);
    }
    const app::config settings = load_settings(global);
    const std::string socket = admin_socket_of(settings);
    if (auto server = connect_holder(settings, socket)) {
        return server;
    }
    try {
        return open_in_process(global);
    } catch (const storage::refused& why) {
        if (why.kind() != storage::exit_code::locked) {
            throw;
        }
        throw storage::refused(storage::exit_code::locked, std::string(why.what()) +
                                                               ", or use --url: no server listens at its admin socket" +
                                                               (socket.empty() ? "" : " " + socket));
    }
}

} // namespace pawl::tools
