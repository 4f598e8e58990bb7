// A service_world with mail: what waits is kept, and a link is read out of it as its user would.
#pragma once

#include "core/account/link_limits.hpp"
#include "core/service/consent_service.hpp"
#include "core/service/link_service.hpp"
#include "core/service/mail_service.hpp"
#include "tests/support/service_world.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::test {

// Keeps what is wanted; durable with a record of the store.
class memory_mails final : public mail_port {
public:
    explicit memory_mails(memory_store& data) : data_(data) {}

    std::vector<mail> all;
    std::size_t waiting = 0; // said where the queue's length is asked for

    mail_ptr find_mail(const mail_id& /*id*/) const override { return nullptr; }
    std::vector<mail_ptr> mails_after(const std::optional<mail_id>& /*after*/, std::size_t /*limit*/) const override {
        return {};
    }
    mail_counts count_mails() const override {
        mail_counts counts{};
        counts[static_cast<std::size_t>(mail_status::waiting)] = waiting;
        return counts;
    }
    result<ticket> want_mail(const mail& m) override {
        all.push_back(m);
        security_event stand_in;
        stand_in.kind = event_kind::reset_refused;
        return data_.append_event(stand_in);
    }
    result<ticket> settle_mail(const mail& /*next*/) override { return ticket::none; }
    void set_mail_listener(mail_listener* /*who*/) override {}

private:
    memory_store& data_;
};

class unlocked_link_limiter final : public link_limiter {
public:
    unlocked_link_limiter(const clock& time, random_source& random) : time_(time), limits_(random) {}
    std::optional<seconds> take_of_network(const peer_address& from) override {
        return limits_.take_of_network(from, time_.now_ms());
    }
    bool take_of_address(std::string_view address, const std::optional<peer_address>& familiar) override {
        return limits_.take_of_address(address, familiar, time_.now_ms());
    }

private:
    const clock& time_;
    link_limits limits_;
};

struct link_world : service_world {
    static constexpr std::string_view before_link = "https://issuer.example/l/";

    mail_settings mail_rules{.on = true, .queue_max = 100, .notices_on = true};
    memory_mails box{data};
    mail_service mails{context, box, mail_rules};
    service_context with_mail = [this] {
        service_context c = context;
        c.mails = &mails;
        return c;
    }();
    consent_service consents{context};
    account_service mailing_accounts{with_mail};
    unlocked_link_limiter link_counts{time, random};
    link_service links{with_mail, mails, consents, link_counts};

    user_ptr user_of(user_id id) const { return data.find_user(id); }
    void edit(user_id id, const std::function<void(user&)>& how) {
        user u = *user_of(id);
        how(u);
        ++u.version;
        if (!data.replace_user(u)) {
            throw std::logic_error("a user could not be edited");
        }
    }
    user_id add_verified(const std::string& email) {
        const user_id id = add_user(email);
        edit(id, [](user& u) { u.email_verified = true; });
        return id;
    }
    // Of those that were wanted alone, then of those that went with a change.
    std::vector<mail> mails_of(mail_kind kind) const {
        std::vector<mail> found;
        for (const std::vector<mail>* list : {&box.all, &data.mails()}) {
            for (const mail& m : *list) {
                if (m.kind == kind) {
                    found.push_back(m);
                }
            }
        }
        return found;
    }
    // What the user finds in that mail now; std::nullopt: it is overtaken and not sent.
    std::optional<std::string> sent_link(const mail& m) const {
        const std::optional<std::string> url = links.link_for(m, data.find_user(m.user));
        return url ? std::optional(url->substr(before_link.size())) : std::nullopt;
    }
    secret_string link_in_last(mail_kind kind) const { return secret_string(sent_link(mails_of(kind).back()).value()); }
};

template <class T>
errc code_of(const result<T>& r) {
    return r ? errc{} : r.error().code;
}

} // namespace pawl::test
