// The way without a server: the handlers themselves, over the directory opened as pawld opens it. Request in, response
// out; no socket, no HTTP bytes.
#include "core/version.hpp"
#include "tools/client/admin_client.hpp"

#include "app/http/errors.hpp"
#include "app/http/limits.hpp"
#include "app/http/request_target.hpp"
#include "app/http/response.hpp"
#include "app/http/router.hpp"
#include "app/instance/instance.hpp"
#include "app/worker/password_pool.hpp"
#include "storage/system_random.hpp"
#include "tools/owner.hpp"
#include "tools/prompt.hpp"
#include "tools/settings.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <exception>
#include <limits>
#include <optional>
#include <utility>

namespace pawl::tools {

namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds store_stop_max{60};

// The settings of a process that opens the directory for one command, not for good. It is its owner's from here on.
app::config for_one_command(app::config settings) {
    become_owner_of(settings.data_dir);
    settings.password_threads = 1;
    // What is kept as an audit trail is for the server to decide, whose options are not all known here.
    settings.log_retention_bytes = std::numeric_limits<std::uint64_t>::max();
    settings.log_retention_age = storage::retention_forever;
    return settings;
}

class in_process final : public admin_client {
public:
    explicit in_process(const global_options& global)
        : json_(global.json), settings_(for_one_command(load_settings(global))),
          log_(global.quiet ? app::log_level::error : app::log_level::warn, app::log_format::text),
          keys_(read_keys(settings_)), passwords_({settings_.password_threads, settings_.password_queue},
                                                  app::real_password_work(settings_.argon2, random_)),
          world_(std::in_place, app::instance_shared{settings_, time_, random_, passwords_}, keys_, open_store()),
          routes_(app::all_routes(false)), routing_(routes_) {
        world_->set_issuer(issuer());
    }

    ~in_process() override {
        passwords_.stop();
        world_->instance_operations().stop();
        if (!world_->data().stop(store_stop_max)) {
            fail_at_once("the log's writer did not end in time; what was acknowledged is on disk");
        }
    }

    admin_answer call(app::http_method method, std::string target, std::string json_body) override {
        if (world_->rules().issuer.empty() && target.starts_with("/admin/tokens")) {
            throw tool_error(static_cast<int>(storage::exit_code::usage),
                             "tokens carry the issuer, which is not known without the server: set PAWL_ISSUER");
        }
        app::http_response response;
        if (json_body.size() > app::body_size_max) { // as the server's gate says
            response = app::problem_response(app::request_problem::body_too_large);
        } else {
            response = answer(method, target, json_body);
        }
        return {response.status,
                response.static_body.empty() ? std::move(response.body) : std::string(response.static_body)};
    }

    std::string place() const override { return settings_.data_dir + " (no server)"; }

private:
    // The log's thread found that nothing can be stored any more, or it hangs: what is in memory must not be told.
    [[noreturn]] void fail_at_once(const std::string& line) const {
        print_error(json_, static_cast<int>(storage::exit_code::storage_failed), line);
        ::_exit(static_cast<int>(storage::exit_code::storage_failed));
    }

    std::unique_ptr<storage::embedded_store> open_store() {
        guard_secrets();
        ::umask(077);
        settings_.algorithm = keys_->signing_key->algorithm(); // the server's, where we were not told
        storage::embedded_store_options options = app::store_options_of(settings_, *keys_);
        options.lost_response_window = seconds(0); // the server's is not known here, and nothing is served
        options.on_recovered = [this](const storage::recovery_report& found) {
            for (const std::string& note : found.notes) {
                log_.warn("recovery.note", {{"note", note}});
            }
            app::continue_time(found, settings_, time_, log_);
        };
        options.on_fatal = [this](const std::string& why) {
            fail_at_once("storage failed: " + why + "; what was acknowledged is on disk");
        };
        options.on_notice = [this](const std::string& line) { log_.warn("storage.notice", {{"notice", line}}); };
        return storage::embedded_store::open(std::move(options), time_);
    }

    // As the server would call itself; empty where only its first start could tell (port 0).
    std::string issuer() const {
        if (!settings_.issuer.empty() || settings_.listen.empty()) {
            return settings_.issuer;
        }
        const app::listen_address& first = settings_.listen.front();
        if (first.is_unspecified() || first.port == 0 || first.is_unix()) {
            return {};
        }
        return settings_.tls ? "https" + first.url().substr(std::string_view("http").size()) : first.url();
    }

    app::http_response answer(app::http_method method, std::string_view target, std::string_view body) {
        app::request_head head; // what the server's gate refuses is refused here
        std::string_view authority;
        head.method = method;
        head.target = target;
        if (const app::head_refusal why = app::split_target(head, authority); why != app::head_refusal::none) {
            return app::problem_response(app::problem_of(why), app::detail_of(why));
        }
        app::http_request request;
        request.method = method;
        request.target = target;
        request.path = head.path;
        request.query = head.query;
        request.body = body;
        if (!body.empty()) {
            request.content_type = "application/json";
        }
        request.from_admin_socket = true; // a user who could open the directory may use it
        request.from.agent = "pawlctl/" + std::string(program_version);
        ids_.next(request.request_id);
        const app::route_match found = routing_.find(method, request.path);
        if (found.outcome == app::route_outcome::method_not_allowed) {
            return app::problem_response(app::request_problem::method_not_allowed);
        }
        if (found.outcome != app::route_outcome::found) {
            return app::problem_response(app::request_problem::not_found);
        }
        request.path_parameter = found.path_parameter;
        return run(routes_[found.index], request);
    }

    app::http_response run(const app::route& row, const app::http_request& request) {
        std::optional<app::http_response> response;
        std::exception_ptr failed;
        bool done = false;
        asio::co_spawn(context_, row.handle(world_->context(), request),
                       [&](std::exception_ptr why, app::http_response answered) {
                           failed = std::move(why);
                           response = std::move(answered);
                           done = true;
                       });
        while (!done) {
            context_.run_one(); // what a handler waits for is posted here by other threads
        }
        if (failed) {
            std::rethrow_exception(failed);
        }
        return std::move(*response);
    }

    bool json_;
    app::config settings_;
    app::logger log_;
    app::service_clock time_;
    storage::system_random random_;
    key_ring_ptr keys_;
    asio::io_context context_{1}; // before the store: its threads post here until it has stopped
    asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
    app::password_pool passwords_;
    std::optional<app::instance> world_;
    app::request_id_source ids_;
    std::span<const app::route> routes_;
    app::router routing_;
};

} // namespace

std::unique_ptr<admin_client> open_in_process(const global_options& global) {
    return std::make_unique<in_process>(global);
}

} // namespace pawl::tools
