// Whole requests without a socket: bytes in, connection, gate, router, handler, services, the real store over a log
// without a disk, bytes out. What measurements and the allocation test drive: everything of the program but the kernel
// and the log's own thread, in one thread and in the same order every time.
#pragma once

#include "app/http/connection.hpp"
#include "app/instance/instance.hpp"
#include "storage/system_random.hpp"
#include "tests/support/fake_hasher.hpp"
#include "tests/support/instant_log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::test {

class request_world {
public:
    static constexpr std::string_view secret = "0123456789abcdef0123456789abcdef";

    explicit request_world(jws_algorithm algorithm) {
        hosts_.add("localhost");
        const secret_string hs256_secret{secret};
        const parsed_key_file keys =
            parse_key_file(make_key_file(algorithm, random_, time_.now()), {algorithm, &hs256_secret});
        if (!keys.ring) {
            throw std::runtime_error(keys.error);
        }
        auto log = std::make_unique<instant_log>();
        log_ = log.get();
        storage::embedded_store_options options;
        options.maintenance_thread = false;
        auto data = storage::embedded_store::open_on(std::move(log), std::move(options), time_);
        world_.emplace(app::instance_shared{settings_, time_, random_, hasher_}, keys.ring, std::move(data));
        world_->set_issuer("http://localhost:8080");
    }

    app::app_context& context() { return world_->context(); }
    storage::embedded_store& data() { return world_->data(); }

    // Runs `work` to its end on the world's io_context. Requests are sent from within it: only there do frames recycle.
    void run(task<void> work) {
        boost::asio::co_spawn(io_, std::move(work), [](std::exception_ptr thrown) {
            if (thrown) {
                std::rethrow_exception(thrown);
            }
        });
        io_.restart();
        io_.run();
    }

    // One request of the one connection; the answer's bytes are in answer() until the next. Awaited directly.
    task<void> send(std::string_view bytes) {
        using action = app::connection::action;
        const auto now = [] { return std::chrono::steady_clock::now(); };
        answer_.clear();
        for (action what = connection_.next(now()); what != action::end; what = connection_.next(now())) {
            if (what == action::read) {
                if (bytes.empty()) {
                    co_return;
                }
                const std::span<char> space = connection_.read_space();
                const std::size_t n = std::min(space.size(), bytes.size());
                std::memcpy(space.data(), bytes.data(), n);
                bytes.remove_prefix(n);
                connection_.on_read(false, n, now());
            } else if (what == action::handle) {
                // What the log's thread does while the request waits. Posted, so that it runs once it does.
                handling_ = true;
                post_commit();
                auto pending = connection_.matched_route().handle(context(), connection_.request());
                app::http_response response = co_await std::move(pending);
                handling_ = false;
                connection_.on_response(std::move(response), now());
            } else {
                const std::string_view out = connection_.unsent();
                answer_.append(out);
                connection_.on_written(false, out.size(), now());
            }
        }
        throw std::logic_error("the connection was closed");
    }
    const std::string& answer() const { return answer_; }
    // The text member `name` of the answer's JSON; empty where there is none.
    std::string_view member(std::string_view name) const {
        std::size_t at = 0;
        while ((at = answer_.find(name, at)) != std::string::npos) {
            const std::size_t value = at + name.size();
            if (answer_[at - 1] == '"' && answer_.compare(value, 3, "\":\"") == 0) {
                return std::string_view(answer_).substr(value + 3, answer_.find('"', value + 3) - value - 3);
            }
            at = value;
        }
        return {};
    }
    bool is_200() const { return answer_.starts_with("HTTP/1.1 200 OK\r\n"); }

    static std::string post(std::string_view target, std::string_view body,
                            std::string_view type = "application/json") {
        std::string out = "POST " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl/8.5.0\r\n" +
                          "Accept: */*\r\nContent-Type: ";
        out.append(type).append("\r\nContent-Length: ").append(std::to_string(body.size()));
        return out.append("\r\n\r\n").append(body);
    }
    static std::string get(std::string_view target, std::string_view bearer = {}) {
        std::string out = "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl/8.5.0\r\n" +
                          "Accept: */*\r\n";
        if (!bearer.empty()) {
            out.append("Authorization: Bearer ").append(bearer).append("\r\n");
        }
        return out.append("\r\n");
    }

    // A user, signed in; the tokens are in the answer. Awaited directly.
    task<void> sign_in() {
        const std::string up = post("/signup", R"({"email":"a@example.com","password":"correct horse battery"})");
        co_await send(up);
        const std::string in = post("/login", R"({"email":"a@example.com","password":"correct horse battery"})");
        co_await send(in);
        if (!is_200()) {
            throw std::runtime_error("no login: " + answer_);
        }
    }

private:
    // As `pawld` without any argument has them.
    static app::config defaults() {
        app::config_inputs inputs;
        inputs.read_file = [](const std::string&, std::string&) { return std::nullopt; };
        auto loaded = app::load_config(inputs);
        if (const std::string* why = std::get_if<std::string>(&loaded)) {
            throw std::runtime_error(*why);
        }
        return std::get<app::loaded_config>(std::move(loaded)).value;
    }
    void commit() {
        if (log_->pending() > 0) {
            log_->commit();
        }
        posted_ = false;
        if (handling_) { // it may wait more than once
            post_commit();
        }
    }
    void post_commit() {
        if (!posted_) {
            posted_ = true;
            boost::asio::post(io_, [this] { commit(); });
        }
    }

    app::config settings_ = defaults();
    app::service_clock time_;
    storage::system_random random_;
    fake_hasher hasher_;
    instant_log* log_ = nullptr; // the store's
    boost::asio::io_context io_{1};
    std::optional<app::world> world_;

    std::span<const app::route> routes_ = app::all_routes(false);
    app::server_settings http_;
    app::host_list hosts_;
    app::router routing_{routes_};
    app::metrics counters_{routes_, 1};
    app::logger log_lines_{app::log_level::error, app::log_format::json};
    app::connection_host host_{http_, hosts_, routing_, routes_, counters_, counters_.shard(0), log_lines_};
    app::connection connection_{host_, peer_address{}, std::chrono::steady_clock::now()};
    std::string answer_;
    bool handling_ = false, posted_ = false;
};

} // namespace pawl::test
