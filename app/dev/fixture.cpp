#include "app/dev/fixture.hpp"

#include "app/http/cors.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace pawl::app {

namespace {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

constexpr std::chrono::seconds round_interval{1};
constexpr std::string_view realm_prefix = "/t/", dev_prefix = "/dev/";

bool is_of_developers(std::string_view path) {
    return path.starts_with(dev_prefix);
}

// A page that is not served from loopback. `localhost` and 127.0.0.1 are two sites to a browser, so the origin decides
// where there is one.
bool is_from_foreign_page(const http_request& request) {
    static const cors_settings loopback{{}, true};
    return request.origin ? !origin_allowed(loopback, *request.origin) : request.sec_fetch_site == "cross-site";
}

http_response fault_answer(const fault_effect& effect) {
    http_response response = problem_response(request_problem::fault);
    const std::string status = std::to_string(*effect.status);
    constexpr std::string_view in_table = "\"status\":503";
    response.body.replace(response.body.find(in_table), in_table.size(), "\"status\":" + status);
    response.status = *effect.status;
    const auto is_retry_after = [](const auto& field) { return field.first == "Retry-After"; };
    response.headers.erase(std::remove_if(response.headers.begin(), response.headers.end(), is_retry_after),
                           response.headers.end());
    if (effect.retry_after) {
        response.headers.emplace_back("Retry-After", std::to_string(effect.retry_after->count()));
    }
    return response;
}

} // namespace

bool is_dev_name(std::string_view name) {
    return !name.empty() && name.size() <= dev_name_size_max && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

std::string_view why_no_realm(std::string_view path) {
    return path.starts_with(realm_prefix) && split_realm(path).realm.empty()
               ? "The name of a realm, after /t/, must be 1 to 64 of A-Z, a-z, 0-9, _ and -."
               : "";
}

realm_path split_realm(std::string_view path) {
    if (!path.starts_with(realm_prefix)) {
        return {{}, path};
    }
    const std::string_view rest = path.substr(realm_prefix.size());
    const std::string_view name = rest.substr(0, rest.find('/'));
    if (!is_dev_name(name)) {
        return {{}, path};
    }
    return {name, name.size() == rest.size() ? std::string_view("/") : rest.substr(name.size())};
}

// What the thread looks at, kept alive by every world that may still be buried.
struct fixture::grave {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::unique_ptr<realm_instance>> dead;
    steady::time_point come_by = steady::now() + round_interval;
    bool closed = false; // no worker comes by any more
};

realm::bury_function fixture::undertaker() {
    return [to = grave_](std::unique_ptr<realm_instance> world) {
        std::unique_ptr<realm_instance> here; // destroyed outside of the lock
        {
            const std::lock_guard lock(to->mutex);
            if (to->closed) {
                here = std::move(world);
            } else {
                to->dead.push_back(std::move(world));
            }
        }
        to->changed.notify_all();
    };
}

fixture::fixture(realm_shared shared, key_ring_ptr keys, std::unique_ptr<storage::embedded_store> data,
                 sync_stall& stall)
    : shared_(std::move(shared)), grave_(std::make_shared<grave>()) {
    main_ = data ? std::make_shared<realm>(shared_, *this, std::move(keys), std::move(data), stall, undertaker())
                 : std::make_shared<realm>(shared_, *this, std::string(), std::move(keys), undertaker());
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { go_round(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

fixture::~fixture() {
    stop_thread();
}

void fixture::set_issuer(const std::string& url) {
    issuer_ = url;
    main_->set_issuer(url);
}

std::shared_ptr<realm> fixture::find(std::string_view name) const {
    if (name.empty()) {
        return main_;
    }
    const std::lock_guard lock(mutex_);
    const auto found = realms_.find(name);
    return found == realms_.end() ? nullptr : found->second;
}

std::shared_ptr<realm> fixture::find_or_make(std::string_view name) {
    if (std::shared_ptr<realm> there = find(name)) {
        return there;
    }
    const std::lock_guard lock(mutex_);
    const auto found = realms_.find(name);
    if (found != realms_.end()) {
        return found->second;
    }
    if (realms_.size() >= realms_max) {
        return nullptr;
    }
    std::string own(name);
    auto made = std::make_shared<realm>(shared_, *this, own, nullptr, undertaker());
    made->set_issuer(issuer_ + std::string(realm_prefix) + own);
    realms_.emplace(std::move(own), made);
    return made;
}

task<http_response> fixture::handle(const route& row, const http_request& request) {
    std::shared_ptr<realm> place = find(request.realm);
    if (!place && is_from_foreign_page(request)) {
        co_return problem_response(request_problem::forbidden_origin); // it would use up the room for realms
    }
    if (!place) {
        place = find_or_make(request.realm);
    }
    if (!place) {
        co_return problem_response(request_problem::no_room_for_more);
    }
    fault_effect effect;
    realm_instance_ptr w = place->now();
    if (!is_of_developers(row.path)) {
        effect = place->faults().take(row, request, w->own_random ? *w->own_random : shared_.random);
    }
    if (effect.delay > milliseconds(0)) {
        w.reset(); // the world may be another by then
        const auto executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor, effect.delay);
        auto waiting = timer.async_wait(asio::use_awaitable);
        co_await std::move(waiting);
        w = place->now();
    }
    if (effect.status) {
        co_return fault_answer(effect);
    }
    if (effect.stall > milliseconds(0)) {
        place->stall(effect.stall);
    }
    if (effect.duplicate) {
        auto first = row.handle(w->it->context(), request);
        co_await std::move(first);
    }
    place->carry_mails(*w); // what came due by the clock alone
    auto pending = row.handle(w->it->context(), request);
    http_response response = co_await std::move(pending);
    place->carry_mails(*w); // before the answer: who reads it finds them
    response.dropped = effect.drop;
    if (response.stream) {
        response.stream->keep(w);
    }
    co_return response;
}

void fixture::answered(const http_request& request, unsigned status) noexcept {
    try {
        const std::shared_ptr<realm> place = is_of_developers(request.path) ? nullptr : find(request.realm);
        if (place) {
            place->requests().add(request, status, place->now()->clock.now());
        }
    } catch (const std::exception&) { // no memory: this one is not recorded
        return;
    }
}

std::vector<fixture::realm_line> fixture::realms() const {
    std::vector<std::shared_ptr<realm>> all;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, r] : realms_) {
            all.push_back(r);
        }
    }
    std::vector<realm_line> out;
    for (const std::shared_ptr<realm>& r : all) {
        const realm_instance_ptr w = r->now();
        const storage::store_statistics figures = w->it->data().statistics();
        out.push_back({r->name(), w->it->rules().issuer, figures.users, figures.families});
    }
    return out;
}

bool fixture::remove(const std::string& name) {
    std::shared_ptr<realm> removed;
    {
        const std::lock_guard lock(mutex_);
        const auto found = realms_.find(name);
        if (found == realms_.end()) {
            return false;
        }
        removed = std::move(found->second);
        realms_.erase(found);
    }
    removed->end();
    return true;
}

void fixture::come_by(realm::steady_time at) {
    {
        const std::lock_guard lock(grave_->mutex);
        grave_->come_by = std::min(grave_->come_by, at);
    }
    grave_->changed.notify_all();
}

void fixture::go_round() {
    pthread_setname_np(pthread_self(), "pawl-realms");
    steady::time_point maintained = steady::now();
    for (;;) {
        std::vector<std::unique_ptr<realm_instance>> dead;
        {
            std::unique_lock lock(grave_->mutex);
            while (!grave_->closed && grave_->dead.empty() && steady::now() < grave_->come_by) {
                grave_->changed.wait_until(lock, grave_->come_by);
            }
            if (grave_->closed) {
                return;
            }
            dead.swap(grave_->dead);
        }
        dead.clear();
        const steady::time_point now = steady::now();
        const bool maintains = now - maintained >= round_interval;
        std::vector<std::shared_ptr<realm>> all{main_};
        {
            const std::lock_guard lock(mutex_);
            for (const auto& [name, r] : realms_) {
                all.push_back(r);
            }
        }
        steady::time_point next = (maintains ? now : maintained) + round_interval;
        for (const std::shared_ptr<realm>& r : all) {
            try {
                next = std::min(next, r->upkeep(now, maintains).value_or(next));
            } catch (const std::exception&) { // no memory: the next round tries again
                continue;
            }
        }
        if (maintains) {
            maintained = now;
        }
        const std::lock_guard lock(grave_->mutex);
        // A caller that asked for an earlier time meanwhile is still to be heard; what was due is done.
        grave_->come_by = grave_->come_by > now ? std::min(grave_->come_by, next) : next;
    }
}

void fixture::stop_thread() {
    {
        const std::lock_guard lock(grave_->mutex);
        grave_->closed = true;
    }
    grave_->changed.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
    std::vector<std::unique_ptr<realm_instance>> dead;
    {
        const std::lock_guard lock(grave_->mutex);
        dead.swap(grave_->dead);
    }
}

bool fixture::stop(milliseconds limit) {
    bool in_time = main_->stop(limit);
    const std::lock_guard lock(mutex_);
    for (const auto& [name, r] : realms_) {
        in_time = r->stop(limit) && in_time;
    }
    return in_time;
}

} // namespace pawl::app
