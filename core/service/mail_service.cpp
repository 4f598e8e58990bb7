#include "core/service/mail_service.hpp"

#include <algorithm>
#include <utility>

namespace pawl {

namespace {

constexpr seconds queue_retry_after{60};
constexpr std::string_view usual_language = "en";

mail_id new_mail_id(random_source& random, timestamp_ms now) {
    mail_id id;
    random.fill(id.bytes);
    auto ms = static_cast<std::uint64_t>(now.time_since_epoch().count());
    for (std::size_t i = 6; i-- > 0;) {
        id.bytes[i] = static_cast<std::uint8_t>(ms);
        ms >>= 8U;
    }
    return id;
}

} // namespace

mail_service::mail_service(const service_context& context, mail_port& mails, const mail_settings& settings)
    : context_(context), mails_(mails), settings_(settings) {}

std::optional<failure> mail_service::why_not() const {
    if (!settings_.on) {
        return failure(errc::mail_off);
    }
    if (mails_.count_mails()[static_cast<std::size_t>(mail_status::waiting)] >= settings_.queue_max) {
        return failure(errc::mail_queue_full, queue_retry_after);
    }
    return std::nullopt;
}

mail mail_service::made_of(const mail_wish& wish) const {
    const timestamp_ms now = context_.time.now_ms();
    mail m;
    m.id = new_mail_id(context_.random, now);
    m.kind = wish.kind;
    m.user = wish.user;
    m.wanted_at = to_seconds(now);
    m.not_before = m.wanted_at;
    m.expires_at = m.wanted_at + (wish.life > seconds(0) ? wish.life : notice_life);
    m.state_tag = wish.state_tag;
    m.lang = wish.lang.empty() ? usual_language : wish.lang;
    m.address = wish.address;
    m.body = encode(wish.body);
    return m;
}

result<mail> mail_service::make(const mail_wish& wish) const {
    if (std::optional<failure> refused = why_not()) {
        return *std::move(refused);
    }
    counters_.wanted.fetch_add(1, std::memory_order_relaxed);
    return made_of(wish);
}

std::optional<mail> mail_service::make_notice(const mail_wish& wish) const {
    if (!settings_.on || !(settings_.notices_on || is_always_told(wish.kind))) {
        return std::nullopt;
    }
    if (why_not()) {
        counters_.dropped.fetch_add(1, std::memory_order_relaxed);
        return std::nullopt;
    }
    counters_.wanted.fetch_add(1, std::memory_order_relaxed);
    return made_of(wish);
}

result<ticket> mail_service::send(const mail_wish& wish) {
    const result<mail> made = make(wish);
    if (!made) {
        return made.error();
    }
    return mails_.want_mail(*made);
}

ticket mail_service::hand_over(const mail& notice) {
    const result<ticket> wanted = mails_.want_mail(notice);
    if (!wanted) {
        counters_.dropped.fetch_add(1, std::memory_order_relaxed);
    }
    return wanted ? *wanted : ticket::none;
}

std::vector<mail_ptr> mail_service::list(const std::optional<mail_id>& after, std::size_t limit) const {
    return mails_.mails_after(after, limit);
}

result<mail_service::retried> mail_service::retry(const mail_id& id) {
    if (!settings_.on) {
        return errc::mail_off;
    }
    const mail_ptr known = mails_.find_mail(id);
    if (!known) {
        return errc::mail_not_found;
    }
    if (known->is_waiting()) {
        if (hurry) {
            hurry(id);
        }
        return retried{id};
    }
    const timestamp_ms now = context_.time.now_ms();
    mail again = *known;
    again.id = new_mail_id(context_.random, now);
    again.status = mail_status::waiting;
    again.attempts = 0;
    again.wanted_at = to_seconds(now);
    again.not_before = again.wanted_at;
    again.expires_at = again.wanted_at + (known->expires_at - known->wanted_at);
    const result<ticket> wanted = mails_.want_mail(again);
    if (!wanted) {
        return wanted.error();
    }
    return retried{again.id, *wanted};
}

result<ticket> mail_service::drop(const mail_id& id) {
    const mail_ptr known = mails_.find_mail(id);
    if (!known) {
        return errc::mail_not_found;
    }
    mail next = *known;
    next.status = mail_status::dropped;
    next.not_before = context_.time.now();
    return mails_.settle_mail(next);
}

} // namespace pawl
