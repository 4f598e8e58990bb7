#include "app/egress/egress.hpp"

#include "app/worker/signals_blocked.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace pawl::app {

namespace {

constexpr std::string_view stopped = "stopped", ended = "the egress worker ended",
                           too_many = "too many exchanges under way";
constexpr std::string_view no_request = "no request that the egress worker takes";
constexpr int packets_a_turn = 64;

} // namespace

egress::egress(egress_link link, logger& log)
    : link_(std::move(link)), log_(log), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_) {
        throw std::system_error(errno, std::generic_category(), "eventfd");
    }
}

egress::~egress() {
    stop();
}

void egress::start() {
    const signals_blocked meanwhile;
    thread_ = std::thread([this] { run(); });
}

void egress::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void egress::wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

void egress::refuse(const when_done& done, std::string_view why) {
    figures_.failed.fetch_add(1, std::memory_order_relaxed);
    done({0, std::string(why), {}});
}

std::string_view egress::take(exchange& one) {
    const std::lock_guard lock(mutex_);
    if (stopping_ || under_way_ >= egress_exchanges_max) {
        return stopping_ ? stopped : too_many;
    }
    ++under_way_;
    asked_.push_back(std::move(one));
    return {};
}

void egress::ask(const egress_request& request, when_done done) {
    std::optional<secret_bytes> message = to_message(request);
    if (!message) {
        refuse(done, no_request);
        return;
    }
    exchange one{*std::move(message), false, request.answer_size_max,
                 clock::now() + egress_time_max + egress_time_slack, std::move(done)};
    const std::string_view refusal = take(one);
    if (!refusal.empty()) {
        refuse(one.done, refusal);
        return;
    }
    wake();
}

void egress::run() {
    pthread_setname_np(pthread_self(), "pawl-egress-m");
    while (take_requests()) {
        send(); // before the wait: what was just taken wakes nothing any more
        expire();
        std::array<pollfd, 3> look{
            pollfd{wake_.get(), POLLIN, 0}, pollfd{link_.descriptor(), POLLIN, 0},
            pollfd{worker_.get(), static_cast<short>(outgoing_.empty() ? POLLIN : POLLIN | POLLOUT), 0}};
        clock::time_point until = clock::now() + egress_time_max;
        for (const auto& [id, one] : exchanges_) {
            until = std::min(until, one.until);
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
        ::poll(look.data(), look.size(), static_cast<int>(std::max(left.count(), decltype(left.count()){0})));
        std::uint64_t woken = 0;
        [[maybe_unused]] const ssize_t n = ::read(wake_.get(), &woken, sizeof woken);
        hear_worker();
        hear_supervisor();
    }
    fail_all(stopped);
}

bool egress::take_requests() {
    const std::lock_guard lock(mutex_);
    for (; !asked_.empty(); asked_.pop_front()) {
        const std::uint64_t id = ++last_id_;
        exchanges_.emplace(id, std::move(asked_.front()));
    }
    return !stopping_;
}

void egress::hear_supervisor() {
    while (link_) {
        std::optional<egress_news> news = link_.news();
        if (!news) {
            return;
        }
        switch (news->kind) {
        case egress_news_kind::worker:
            lose_worker(ended);
            worker_ = std::move(news->channel);
            reachable_ = true;
            break;
        case egress_news_kind::ended:
            lose_worker(ended);
            if (news->detail != 0) {
                figures_.deaths.fetch_add(1, std::memory_order_relaxed);
                log_.error("egress.worker_died", {{news->detail < 256 ? "signal" : "status", news->detail % 256}});
            }
            break;
        case egress_news_kind::paused:
            reachable_ = false;
            log_.error("egress.failing", {{"deaths", std::uint64_t{egress_deaths_max + 1}},
                                          {"again_in_s", std::int64_t{egress_pause.count()}}});
            break;
        case egress_news_kind::gone:
            log_.error("egress.gone", {{"notice", "nothing goes out any more: restart"}});
            link_ = {};
            reachable_ = false;
            lose_worker(ended);
            break;
        }
    }
}

// Bytes only: descriptors that it may send along are dropped by the kernel.
void egress::hear_worker() {
    std::array<std::uint8_t, egress_packet_size_max + 1> packet{};
    for (int i = 0; i < packets_a_turn && worker_; ++i) {
        const ssize_t n = ::recv(worker_.get(), packet.data(), packet.size(), MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (n <= 0) {
            lose_worker(ended);
            return;
        }
        switch (incoming_.take({packet.data(), static_cast<std::size_t>(n)})) {
        case message_assembler::state::more:
            break;
        case message_assembler::state::whole:
            believe(incoming_.message());
            break;
        case message_assembler::state::broken:
            break_with_worker("packets out of order");
            break;
        }
    }
}

// What is no answer to a question that stands is left aside: the question may have expired.
void egress::believe(const egress_message& message) {
    if (!greeted_) {
        greet(message);
        return;
    }
    const auto which = exchanges_.find(message.id);
    if (which == exchanges_.end()) {
        return;
    }
    std::optional<egress_answer> answer = egress_answer_from(message.bytes, which->second.body_max);
    if (!answer || !which->second.is_sent) {
        break_with_worker("an answer that is none");
        return;
    }
    settle(which, *std::move(answer));
}

void egress::greet(const egress_message& message) {
    const std::optional<egress_hello> hello = egress_hello_from(message.bytes);
    if (!hello || message.id != 0) {
        break_with_worker("no greeting");
        return;
    }
    greeted_ = true;
    figures_.ready.store(true, std::memory_order_relaxed);
    log_.info("egress.ready", {{"landlock", hello->files ? hello->landlock : 0},
                               {"seccomp", hello->calls},
                               {hello->why.empty() ? "" : "why", hello->why}});
}

// Requests go out once the worker has said hello.
void egress::send() {
    if (!worker_ || !greeted_) {
        return;
    }
    for (auto& [id, one] : exchanges_) {
        if (one.is_sent) {
            continue;
        }
        for (secret_bytes& packet : cut_message(id, one.message)) {
            outgoing_.push_back(std::move(packet));
        }
        one.message = {};
        one.is_sent = true;
    }
    while (!outgoing_.empty()) {
        const secret_bytes& packet = outgoing_.front();
        const ssize_t n = ::send(worker_.get(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (n < 0) {
            lose_worker(ended);
            return;
        }
        outgoing_.pop_front();
    }
}

void egress::expire() {
    const clock::time_point now = clock::now();
    for (auto i = exchanges_.begin(); i != exchanges_.end();) {
        const auto which = i++;
        if (now >= which->second.until) {
            settle(which, {0, "timeout", {}});
        } else if (!reachable_) {
            settle(which, {0, "no egress worker", {}});
        }
    }
}

// Those that were not sent wait for the next.
void egress::lose_worker(std::string_view why) {
    worker_.reset();
    incoming_ = {};
    outgoing_.clear();
    greeted_ = false;
    figures_.ready.store(false, std::memory_order_relaxed);
    for (auto i = exchanges_.begin(); i != exchanges_.end();) {
        const auto which = i++;
        if (which->second.is_sent) {
            settle(which, {0, std::string(why), {}});
        }
    }
}

void egress::break_with_worker(std::string_view why) {
    log_.error("egress.worker_broken", {{"why", why}});
    link_.end_worker();
    lose_worker(ended);
}

void egress::settle(exchanges::iterator which, egress_answer answer) {
    (answer.status == 0 ? figures_.failed : figures_.answered).fetch_add(1, std::memory_order_relaxed);
    const when_done done = std::move(which->second.done);
    exchanges_.erase(which);
    {
        const std::lock_guard lock(mutex_);
        --under_way_;
    }
    done(std::move(answer));
}

void egress::fail_all(std::string_view why) {
    while (!exchanges_.empty()) {
        settle(exchanges_.begin(), {0, std::string(why), {}});
    }
}

egress_answer egress_waiter::ask(const egress_request& request) {
    const auto mine = std::make_shared<state>();
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) {
            return {0, std::string(stopped), {}};
        }
        now_ = mine;
    }
    const auto answered = [mine](egress_answer answer) {
        const std::lock_guard lock(mine->mutex);
        if (!mine->answer) {
            mine->answer = std::move(answer);
        }
        mine->changed.notify_all();
    };
    out_.ask(request, answered);
    std::unique_lock lock(mine->mutex);
    mine->changed.wait(lock, [&] { return mine->answer.has_value(); });
    return *std::move(mine->answer);
}

void egress_waiter::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    if (now_) {
        const std::lock_guard of_it(now_->mutex);
        if (!now_->answer) {
            now_->answer = egress_answer{0, std::string(stopped), {}};
        }
        now_->changed.notify_all();
    }
}

} // namespace pawl::app
