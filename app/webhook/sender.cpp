#include "app/webhook/sender.hpp"

#include "app/webhook/backoff.hpp"
#include "app/webhook/signature.hpp"
#include "app/worker/signals_blocked.hpp"
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "core/version.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <exception>
#include <optional>
#include <utility>

namespace pawl::app {

namespace {

timestamp wall_now() {
    return std::chrono::time_point_cast<seconds>(std::chrono::system_clock::now());
}

[[noreturn]] void refuse(const std::string& path, const std::string& rule) {
    throw storage::refused(storage::exit_code::usage, "--webhook-secret-file " + path + ": " + rule);
}

} // namespace

std::string webhook_body(const event_line& line) {
    std::string body;
    json_object_writer(body)
        .member("type", line.kind)
        .member("timestamp", to_rfc3339_ms(line.time))
        .raw("data", line.json)
        .end();
    return body;
}

std::string webhook_id(std::string_view store, const event_place& at) {
    return "evt_" + std::string(store) + "_" + to_text(at);
}

secret_bytes read_webhook_key(const std::string& path, storage::group_access group) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        refuse(path, std::strerror(errno));
    }
    struct stat status{};
    std::vector<char, wiping_allocator<char>> text(webhook_secret_file_size_max);
    const bool looked = ::fstat(fd, &status) == 0;
    const ssize_t n = ::read(fd, text.data(), text.size());
    ::close(fd);
    if (!looked || n < 0) {
        refuse(path, "can't be read");
    }
    storage::access_facts facts{status.st_uid, ::geteuid(), status.st_mode};
    const std::size_t slash = path.rfind('/');
    facts.modes_stick = (status.st_mode & S_IRWXO) == 0 || group == storage::group_access::refused ||
                        storage::modes_stick_in(slash == std::string::npos ? "." : path.substr(0, slash));
    if (const std::string problem = storage::secret_problem(facts, group); !problem.empty()) {
        refuse(path, problem);
    }
    std::optional<secret_bytes> key = webhook_key_from_text({text.data(), static_cast<std::size_t>(n)});
    if (!key) {
        refuse(path, "must hold whsec_ and the base64 of 24 to 64 bytes, as of: echo whsec_$(openssl rand -base64 32)");
    }
    return *std::move(key);
}

secret_bytes webhook_key_of(const config& settings) {
    if (!settings.webhook) {
        return {};
    }
    return read_webhook_key(settings.webhook->secret_file, settings.allow_group_read ? storage::group_access::allowed
                                                                                     : storage::group_access::refused);
}

std::unique_ptr<webhook_sender> make_webhook_sender(const config& settings, secret_bytes key, event_service& events,
                                                    const secret_bytes& log_key, random_source& random, logger& log,
                                                    egress& out) {
    storage::view_options options;
    options.path = settings.data_dir;
    options.log_key = &log_key;
    const storage::directory_view directory(options);
    family_id store; // as many bytes, and a way to write them
    store.bytes = directory.current().uuid;
    return std::make_unique<webhook_sender>(
        webhook_sender::parts{*settings.webhook, settings.data_dir, to_hex(store), events, random, log, out},
        std::move(key));
}

webhook_sender::webhook_sender(parts p, secret_bytes key)
    : parts_(std::move(p)), key_(std::move(key)), out_(parts_.out) {}

webhook_sender::~webhook_sender() {
    stop();
}

// Where there is no place yet, it is now, and so it is after a restore: a place before that says nothing of this
// history, whose events have other ids. A place that can't be read is before everything, since nothing may be left out.
std::uint64_t webhook_sender::find_place() {
    const std::uint64_t durable = parts_.events.beginning(std::nullopt).value();
    std::error_code ec;
    const std::optional<webhook_position> kept = read_webhook_position(parts_.directory, ec);
    if (ec) {
        parts_.log.warn("webhook.place_unreadable", {{"why", ec.message()}});
        return 0;
    }
    const std::uint64_t mark = parts_.events.mark();
    if (kept && kept->store == parts_.store && kept->at.mark == mark && kept->at.lsn <= durable) {
        return kept->at.lsn;
    }
    if (kept) {
        parts_.log.warn("webhook.place_of_another_history", {{"kept", to_text(kept->at)}, {"begins_after", durable}});
    }
    save_now(durable);
    return durable;
}

void webhook_sender::start() {
    event_ring::listener& self = *this;
    watch_.emplace(parts_.events, self, true);
    const std::uint64_t place = find_place();
    saved_ = place;
    saved_at_ = steady::now();
    figures_.lsn.store(place);
    parts_.log.info("webhook.started", {{"to", parts_.settings.target.place()}, {"after", place}});
    const signals_blocked meanwhile;
    thread_ = std::thread([this] { run(); });
}

void webhook_sender::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    out_.stop();
    if (thread_.joinable()) {
        thread_.join();
    }
    watch_.reset();
}

void webhook_sender::wake() noexcept {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    changed_.notify_all();
}

// False at a stop.
bool webhook_sender::rest(milliseconds how_long, bool or_woken) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, steady::now() + how_long, [&] { return stopping_ || (or_woken && woken_); });
    woken_ = woken_ && !or_woken;
    return !stopping_;
}

void webhook_sender::run() {
    pthread_setname_np(pthread_self(), "pawl-webhook");
    event_filter filter;
    filter.kinds = parts_.settings.kinds;
    event_feed feed(parts_.events.source(), std::move(filter), saved_);
    try {
        while (turn(feed)) {
        }
    } catch (const std::exception& e) { // no memory
        parts_.log.error("webhook.defect", {{"what", e.what()}});
    }
    save_now(figures_.lsn.load());
}

bool webhook_sender::turn(event_feed& feed) {
    lines_.clear();
    feed_outcome came_to = feed.read_memory(lines_);
    if (came_to == feed_outcome::behind) {
        came_to = feed.read_disk(lines_);
    } else {
        feed.let_go_of_disk();
    }
    for (const event_line& line : lines_) {
        if (!deliver(line)) {
            return false;
        }
        save(line.lsn, true);
    }
    save(feed.position(), false);
    switch (came_to) {
    case feed_outcome::read:
        return rest(milliseconds(0), false);
    case feed_outcome::nothing:
    case feed_outcome::behind:
        return rest(saved_ == figures_.lsn.load() ? webhook_idle_save_interval : webhook_save_interval, true);
    case feed_outcome::gone:
        feed.skip_gap();
        parts_.log.error("webhook.gap", {{"after", figures_.lsn.load()}, {"goes_on_after", feed.position()}});
        return rest(milliseconds(0), false);
    case feed_outcome::unreadable:
        parts_.log.error("webhook.log_unreadable", {{"after", figures_.lsn.load()}});
        return rest(webhook_disk_retry, false);
    case feed_outcome::closed:
        break;
    }
    return false;
}

// One attempt.
egress_answer webhook_sender::post(const std::string& id, const std::string& body) {
    const timestamp now = wall_now();
    egress_request request;
    request.to = egress_place::webhook;
    request.path = parts_.settings.target.path;
    request.authority = parts_.settings.target.authority;
    request.fields = {
        {"Content-Type", "application/json"},
        {"User-Agent", "pawld/" + std::string(program_version)},
        {"webhook-id", id},
        {"webhook-timestamp", std::to_string(now.time_since_epoch().count())},
        {"webhook-signature", webhook_signature(key_, id, now, body)},
    };
    request.body = body;
    return out_.ask(request);
}

// False where a stop came first: then it is delivered after the next start.
bool webhook_sender::deliver(const event_line& line) {
    const std::string body = webhook_body(line);
    const std::string id = webhook_id(parts_.store, {parts_.events.mark(), line.lsn});
    for (unsigned attempt = 1;; ++attempt) {
        const egress_answer answer = post(id, body);
        if (answer.status >= 200 && answer.status < 300) {
            figures_.delivered.fetch_add(1, std::memory_order_relaxed);
            return true;
        }
        if (!rest(milliseconds(0), false)) {
            return false;
        }
        figures_.failed.fetch_add(1, std::memory_order_relaxed);
        if (attempt == webhook_attempts_max) {
            figures_.given_up.fetch_add(1, std::memory_order_relaxed);
            parts_.log.error("webhook.given_up",
                             {{"lsn", line.lsn}, {"kind", line.kind}, {"status", answer.status}, {"why", answer.why}});
            return true;
        }
        std::array<std::uint8_t, 8> chance{};
        parts_.random.fill(chance);
        std::uint64_t number = 0;
        std::memcpy(&number, chance.data(), sizeof number);
        const milliseconds pause = webhook_backoff(attempt, number);
        parts_.log.warn("webhook.failed", {{"lsn", line.lsn},
                                           {"attempt", attempt},
                                           {"status", answer.status},
                                           {"why", answer.why},
                                           {"again_in_ms", std::int64_t{pause.count()}}});
        if (!rest(pause, false)) {
            return false;
        }
    }
}

// The place moves with what was delivered, and is written now and then: a crash makes some deliveries happen twice.
void webhook_sender::save(std::uint64_t lsn, bool delivered) {
    figures_.lsn.store(lsn);
    undelivered_only_ = undelivered_only_ && !delivered;
    const milliseconds interval = undelivered_only_ ? webhook_idle_save_interval : webhook_save_interval;
    if (lsn != saved_ && steady::now() - saved_at_ >= interval) {
        save_now(lsn);
    }
}

void webhook_sender::save_now(std::uint64_t lsn) {
    saved_at_ = steady::now();
    undelivered_only_ = true;
    if (const std::error_code ec =
            write_webhook_position(parts_.directory, {parts_.store, {parts_.events.mark(), lsn}})) {
        parts_.log.warn("webhook.place_not_kept", {{"why", ec.message()}});
        return;
    }
    saved_ = lsn;
}

} // namespace pawl::app
