#include "tools/replay/driver.hpp"

#include "core/text/json_text.hpp"
#include "tools/output.hpp"
#include "tools/program.hpp"
#include "tools/replay/connection.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <bit>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

namespace pawl::tools {

namespace {

using steady = std::chrono::steady_clock;
constexpr unsigned exact_below = 32, per_octave = 16; // buckets of latencies

std::size_t bucket_of(std::uint64_t us) {
    if (us < exact_below) {
        return us;
    }
    const auto shift = static_cast<unsigned>(std::bit_width(us)) - 5;
    return shift * per_octave + (us >> shift);
}

std::uint64_t upper_end(std::size_t bucket) {
    if (bucket < exact_below) {
        return bucket;
    }
    const std::size_t shift = bucket / per_octave - 1;
    return ((bucket - shift * per_octave + 1) << shift) - 1;
}

std::string member(const boost::json::value& document, const char* name) {
    const boost::json::object* const o = document.if_object();
    const boost::json::value* const v = o == nullptr ? nullptr : o->if_contains(name);
    const boost::json::string* const s = v == nullptr ? nullptr : v->if_string();
    return s == nullptr ? std::string() : std::string(s->data(), s->size());
}

std::string json_of(std::initializer_list<std::pair<const char*, std::string>> members) {
    std::string out;
    json_object_writer w(out);
    for (const auto& [name, value] : members) {
        w.member(name, value);
    }
    w.end();
    return out;
}

} // namespace

void latencies::add(std::chrono::microseconds t) {
    const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(0, t.count()));
    ++buckets_[std::min(bucket_of(us), buckets_.size() - 1)];
    ++count_;
    max_ = std::max(max_, t);
}

void latencies::add(const latencies& other) {
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        buckets_[i] += other.buckets_[i];
    }
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
}

std::chrono::microseconds latencies::quantile(double share) const {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_) + 0.999999);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        seen += buckets_[i];
        if (seen > 0 && seen >= wanted) {
            return i + 1 == buckets_.size()
                       ? max_
                       : std::min(max_, std::chrono::microseconds(static_cast<std::int64_t>(upper_end(i))));
        }
    }
    return std::chrono::microseconds{0};
}

// One thread, one connection, the steps of its users in order.
struct driver::worker {
    explicit worker(const drive_options& o) : options(o), connection(o.url) {}

    struct made_user {
        std::string email, password, access;
        bool there = false;
    };
    struct made_family {
        std::string current, oldest;              // refresh tokens
        std::uint32_t generation = 0, offset = 0; // of the server's; the log's is that much higher
    };

    void add(const step& s) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return waiting.size() < steps_waiting_max || failed; });
        waiting.push_back(s);
        changed.notify_all();
    }

    void run() noexcept {
        try {
            while (const std::optional<step> s = take()) {
                pace(*s);
                act(*s);
            }
        } catch (...) {
            const std::lock_guard lock(mutex);
            failed = std::current_exception();
            changed.notify_all();
        }
    }

    std::optional<step> take() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return !waiting.empty() || ending; });
        if (waiting.empty()) {
            return std::nullopt;
        }
        const step s = waiting.front();
        waiting.pop_front();
        changed.notify_all();
        return s;
    }

    void pace(const step& s) {
        if (options.speed <= 0) {
            return;
        }
        const auto since = std::chrono::duration<double, std::milli>(s.time - first) / options.speed;
        const auto due = began + std::chrono::duration_cast<steady::duration>(since);
        const auto now = steady::now();
        if (due > now) {
            std::this_thread::sleep_until(due);
        } else {
            report.behind = std::max(report.behind, std::chrono::duration_cast<std::chrono::milliseconds>(now - due));
        }
    }

    drive_report::of_kind& of(const step& s) { return report.kinds.at(static_cast<std::size_t>(s.kind)); }

    bool expect(const step& s, const replay_answer& answer, unsigned status) {
        drive_report::of_kind& k = of(s);
        k.times.add(answer.took);
        if (answer.status == status) {
            ++k.done;
            return true;
        }
        ++k.other;
        if (++report.mismatch_count <= drive_report::mismatches_kept) {
            boost::system::error_code ec;
            const boost::json::value document = boost::json::parse(answer.body, ec);
            report.mismatches.push_back(std::string(name_of(s.kind)) + " of user " + std::to_string(s.user.value) +
                                        ", generation " + std::to_string(s.generation) + ": the log says " +
                                        std::to_string(status) + ", the server answered " +
                                        std::to_string(answer.status) + " " + clean(member(document, "code")));
        }
        return false;
    }

    void act(const step& s) {
        made_user& u = users[s.user.value];
        switch (s.kind) {
        case step_kind::sign_up:
            return sign_up(s, u);
        case step_kind::log_in:
            return log_in(s, u);
        case step_kind::refresh:
            return refresh(s, u);
        case step_kind::reuse:
            return reuse(s);
        case step_kind::log_out:
            return log_out(s);
        case step_kind::log_out_all:
            return as_user(s, u, "POST", "/logout/all", "", 204);
        case step_kind::log_out_others:
            return as_user(s, u, "DELETE", "/sessions", "", 204);
        case step_kind::change_password:
            return change_password(s, u);
        case step_kind::remove_account:
            return as_user(s, u, "DELETE", "/users/me", json_of({{"current_password", u.password}}), 204);
        case step_kind::not_repeatable:
            families.erase(s.family);
            ++of(s).skipped;
        }
    }

    void sign_up(const step& s, made_user& u) {
        u.email = "replay-" + options.run + "-" + std::to_string(s.user.value) + "@example.com";
        u.password = "replayed " + options.run + " " + std::to_string(s.user.value) + " pawl";
        u.there =
            expect(s, connection.call("POST", "/signup", json_of({{"email", u.email}, {"password", u.password}})), 201);
    }

    void keep(const replay_answer& answer, made_user& u, const step& s) {
        boost::system::error_code ec;
        const boost::json::value document = boost::json::parse(answer.body, ec);
        u.access = member(document, "access_token");
        made_family& f = families[s.family];
        f.current = member(document, "refresh_token");
        access_of[s.family] = u.access;
    }

    void log_in(const step& s, made_user& u) {
        if (!u.there) {
            ++of(s).skipped;
            return;
        }
        const replay_answer answer =
            connection.call("POST", "/login", json_of({{"email", u.email}, {"password", u.password}}));
        if (expect(s, answer, 200)) {
            keep(answer, u, s);
            families[s.family].oldest = families[s.family].current;
            families[s.family].offset = s.generation;
        }
    }

    void refresh(const step& s, made_user& u) {
        const auto found = families.find(s.family);
        if (found == families.end()) {
            ++of(s).skipped;
            return;
        }
        const replay_answer answer =
            connection.call("POST", "/refresh", json_of({{"refresh_token", found->second.current}}));
        if (expect(s, answer, 200)) {
            keep(answer, u, s);
            ++families[s.family].generation;
        }
    }

    // A token two generations old is reuse at any pace; one that was just replaced would be given its successor again.
    void reuse(const step& s) {
        const auto found = families.find(s.family);
        if (found == families.end() || found->second.generation < 2) {
            ++of(s).skipped;
        } else {
            expect(s, connection.call("POST", "/refresh", json_of({{"refresh_token", found->second.oldest}})), 401);
        }
        forget(s.family);
    }

    void log_out(const step& s) {
        const auto found = families.find(s.family);
        if (found == families.end()) {
            ++of(s).skipped;
            return;
        }
        expect(s, connection.call("POST", "/logout", json_of({{"refresh_token", found->second.current}})), 204);
        forget(s.family);
    }

    void forget(const family_id& id) {
        families.erase(id);
        access_of.erase(id);
    }

    const std::string& access_for(const step& s, const made_user& u) const {
        const auto found = access_of.find(s.family);
        return found == access_of.end() ? u.access : found->second;
    }

    void as_user(const step& s, made_user& u, const char* method, const char* target, const std::string& json,
                 unsigned status) {
        const std::string& access = access_for(s, u);
        if (access.empty()) {
            ++of(s).skipped;
            return;
        }
        expect(s, connection.call(method, target, json, access), status);
    }

    void change_password(const step& s, made_user& u) {
        const std::string next = u.password + " again";
        const std::string body = json_of({{"current_password", u.password}, {"new_password", next}});
        const std::uint64_t before = of(s).done;
        as_user(s, u, "POST", "/users/me/password", body, 204);
        if (of(s).done > before) {
            u.password = next.size() > password_size_max ? u.password : next;
        }
    }

    static constexpr std::size_t password_size_max = 200;

    const drive_options& options;
    replay_connection connection;
    steady::time_point began{};
    timestamp_ms first{};
    drive_report report;
    std::unordered_map<std::uint64_t, made_user> users;
    std::unordered_map<family_id, made_family, storage::family_id_hash> families;
    std::unordered_map<family_id, std::string, storage::family_id_hash> access_of;

    std::mutex mutex;
    std::condition_variable changed;
    std::deque<step> waiting;
    bool ending = false;
    std::exception_ptr failed;
    std::thread thread;
};

driver::driver(const drive_options& options) : options_(options) {
    replay_connection(options.url).call("GET", "/healthz", {});
    for (unsigned i = 0; i < options.connections; ++i) {
        workers_.push_back(std::make_unique<worker>(options_));
    }
}

driver::~driver() {
    for (const auto& w : workers_) {
        {
            const std::lock_guard lock(w->mutex);
            w->ending = true;
            w->waiting.clear();
        }
        w->changed.notify_all();
    }
    for (const auto& w : workers_) {
        if (w->thread.joinable()) {
            w->thread.join();
        }
    }
}

void driver::add(const step& s) {
    if (!workers_.front()->thread.joinable()) {
        for (const auto& w : workers_) {
            w->began = steady::now();
            w->first = s.time;
            w->thread = std::thread([&run = *w] { run.run(); });
        }
    }
    worker& w = *workers_[s.user.value % workers_.size()];
    w.add(s);
    const std::lock_guard lock(w.mutex);
    if (w.failed) {
        std::rethrow_exception(w.failed);
    }
}

drive_report driver::finish() {
    drive_report all;
    for (const auto& w : workers_) {
        {
            const std::lock_guard lock(w->mutex);
            w->ending = true;
        }
        w->changed.notify_all();
    }
    for (const auto& w : workers_) {
        if (w->thread.joinable()) {
            w->thread.join();
        }
        if (w->failed) {
            std::rethrow_exception(w->failed);
        }
        for (std::size_t i = 0; i < step_kinds; ++i) {
            all.kinds.at(i).done += w->report.kinds.at(i).done;
            all.kinds.at(i).other += w->report.kinds.at(i).other;
            all.kinds.at(i).skipped += w->report.kinds.at(i).skipped;
            all.kinds.at(i).times.add(w->report.kinds.at(i).times);
        }
        all.mismatch_count += w->report.mismatch_count;
        all.behind = std::max(all.behind, w->report.behind);
        for (std::string& line : w->report.mismatches) {
            if (all.mismatches.size() < drive_report::mismatches_kept) {
                all.mismatches.push_back(std::move(line));
            }
        }
    }
    return all;
}

} // namespace pawl::tools
