#include "app/mail/mail_desk.hpp"

#include <algorithm>
#include <exception>
#include <limits>

namespace pawl::app {

namespace {

// How soon to look again whether what came in is durable: a batch or two.
constexpr milliseconds durable_look_interval{5};
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t reply_code_size_max = 12;

std::uint64_t number(user_id id) {
    return id.value;
}

} // namespace

std::string_view reply_code(std::string_view text) {
    const std::size_t end = text.find_first_not_of("0123456789. ");
    std::string_view code = text.substr(0, std::min(end, reply_code_size_max));
    while (!code.empty() && code.back() == ' ') {
        code.remove_suffix(1);
    }
    return code;
}

mail_desk::mail_desk(parts p) : parts_(p), next_(never), queue_(std::max<std::size_t>(p.rate, 1)) {}

mail_desk::~mail_desk() {
    close();
}

void mail_desk::open(std::function<void()> wake) {
    {
        const std::lock_guard lock(inbox_mutex_);
        wake_ = std::move(wake);
    }
    parts_.mails.set_mail_listener(this);
}

void mail_desk::close() {
    parts_.mails.set_mail_listener(nullptr);
    const std::lock_guard lock(inbox_mutex_);
    wake_ = nullptr;
}

void mail_desk::wake() {
    woken_.store(true, std::memory_order_release);
    const std::lock_guard lock(inbox_mutex_);
    if (wake_) {
        wake_();
    }
}

void mail_desk::mail_wanted(const mail_ptr& m, ticket rests_on) noexcept {
    const std::lock_guard lock(inbox_mutex_);
    inbox_.emplace_back(m, rests_on);
    woken_.store(true, std::memory_order_release);
    if (wake_) {
        wake_();
    }
}

void mail_desk::hurry(const mail_id& id) {
    {
        const std::lock_guard lock(mutex_);
        queue_.hurry(id);
    }
    wake();
}

bool mail_desk::take_in() {
    {
        const std::lock_guard lock(inbox_mutex_);
        not_durable_.insert(not_durable_.end(), inbox_.begin(), inbox_.end());
        inbox_.clear();
        woken_.store(false, std::memory_order_relaxed);
    }
    std::erase_if(not_durable_, [this](const auto& one) {
        if (!parts_.data.is_durable(one.second)) {
            return false;
        }
        queue_.add(*one.first);
        return true;
    });
    return not_durable_.empty();
}

// What is not kept now is found again at the next start.
void mail_desk::finish(const mail& m, mail_status status, timestamp now) {
    mail next = m;
    next.status = status;
    next.not_before = now;
    static_cast<void>(parts_.mails.settle_mail(next));
}

void mail_desk::expire(const mail_id& id, timestamp now) {
    const mail_ptr m = parts_.mails.find_mail(id);
    if (!m || !m->is_waiting()) {
        return;
    }
    finish(*m, mail_status::expired, now);
    figures_.expired.fetch_add(1, std::memory_order_relaxed);
    if (parts_.log != nullptr) {
        parts_.log->warn("mail.expired", {{"id", to_hex(id)}, {"kind", to_text(m->kind)}, {"user", number(m->user)}});
    }
}

// std::nullopt where it is not to be sent (any more): then it is not in the queue.
std::optional<composed_mail> mail_desk::prepare(const mail_id& id, timestamp now) {
    const mail_ptr m = parts_.mails.find_mail(id);
    if (!m || !m->is_waiting()) {
        queue_.remove(id); // an operator dropped it
        return std::nullopt;
    }
    const user_ptr u = m->user == user_id{} ? nullptr : parts_.data.find_user(m->user);
    const std::optional<std::string> link = links_              ? links_(*m, u)
                                            : has_link(m->kind) ? std::nullopt
                                                                : std::optional(std::string());
    if (!link) {
        queue_.remove(id);
        finish(*m, mail_status::overtaken, now);
        figures_.overtaken.fetch_add(1, std::memory_order_relaxed);
        return std::nullopt;
    }
    return compose(*m, u.get(), *link, from_);
}

mail_desk::turn mail_desk::take() {
    turn out;
    const timestamp_ms now = parts_.time.now_ms();
    const std::lock_guard lock(mutex_);
    const bool all_durable = take_in();
    for (bool again = true; again;) { // what is not sent leaves its place to another
        again = false;
        mail_queue::turn found = queue_.look(now);
        for (const mail_id& id : found.expired) {
            expire(id, to_seconds(now));
        }
        for (const mail_id& id : found.send) {
            std::optional<composed_mail> ready = prepare(id, to_seconds(now));
            again = again || !ready;
            if (ready) {
                out.send.push_back(*std::move(ready));
            }
        }
        out.next = found.next;
    }
    if (!all_durable) {
        out.next = std::min(out.next.value_or(timestamp_ms::max()), now + durable_look_interval);
    }
    next_.store(out.next ? out.next->time_since_epoch().count() : never, std::memory_order_relaxed);
    return out;
}

void mail_desk::note_relay(const relay_outcome& outcome) {
    const bool failing = queue_.relay_failing();
    const bool was = figures_.relay_failing.exchange(failing, std::memory_order_relaxed);
    if (parts_.log == nullptr || failing == was) {
        return;
    }
    if (failing) {
        const std::string_view code = reply_code(outcome.text);
        parts_.log->error("mail.relay_failing", {{"why", code.empty() ? std::string_view(outcome.text) : code}});
    } else {
        parts_.log->info("mail.relay_answers");
    }
}

void mail_desk::settled(const outgoing_mail& m, const relay_outcome& outcome) {
    const timestamp_ms now = parts_.time.now_ms();
    {
        const std::lock_guard lock(mutex_);
        const std::optional<mail_queue::settled> after = queue_.settle(m.id, outcome.result, now);
        note_relay(outcome);
        const mail_ptr known = parts_.mails.find_mail(m.id);
        if (known && after) {
            mail next = *known;
            next.status = after->status;
            next.attempts = after->attempts;
            next.not_before = after->not_before;
            if (after->write) {
                static_cast<void>(parts_.mails.settle_mail(next)); // unwaited: at the worst it is sent once more
            }
        }
        const user_id user = known ? known->user : user_id{};
        const std::string id = to_hex(m.id);
        switch (outcome.result) {
        case relay_result::sent:
            figures_.sent.fetch_add(1, std::memory_order_relaxed);
            if (known) {
                const milliseconds delay = std::max(now - timestamp_ms(known->wanted_at), milliseconds(0));
                figures_.delay_ms.fetch_add(static_cast<std::uint64_t>(delay.count()), std::memory_order_relaxed);
            }
            if (parts_.log != nullptr) {
                parts_.log->info("mail.sent", {{"id", id}, {"kind", to_text(m.kind)}, {"user", number(user)}});
            }
            break;
        case relay_result::refused:
            figures_.refused.fetch_add(1, std::memory_order_relaxed);
            if (parts_.log != nullptr) {
                parts_.log->warn("mail.refused", {{"id", id},
                                                  {"kind", to_text(m.kind)},
                                                  {"user", number(user)},
                                                  {"code", reply_code(outcome.text)}});
            }
            break;
        case relay_result::later:
            figures_.put_off.fetch_add(1, std::memory_order_relaxed);
            if (parts_.log != nullptr) {
                parts_.log->info("mail.put_off", {{"id", id},
                                                  {"kind", to_text(m.kind)},
                                                  {"user", number(user)},
                                                  {"code", reply_code(outcome.text)}});
            }
            break;
        case relay_result::relay_fault:
            figures_.relay_faults.fetch_add(1, std::memory_order_relaxed);
            break;
        }
    }
    wake(); // a place is free
}

} // namespace pawl::app
