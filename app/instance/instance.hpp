// One world: users with their keys, clock, rules and services, over one store. The server has one; the realms of --dev
// have one each; pawlctl has one over the directory of a stopped server. What worlds share comes in as instance_shared.
#pragma once

#include "app/events/event_service.hpp"
#include "app/http/context.hpp"
#include "app/instance/operations.hpp"
#include "app/instance/startup.hpp"
#include "app/mail/mail_desk.hpp"
#include "app/process/service_clock.hpp"
#include "app/worker/copy_limiter.hpp"
#include "app/worker/link_limiter.hpp"
#include "app/worker/login_limiter.hpp"
#include "app/worker/signing_pool.hpp"
#include "core/service/client_guard.hpp"
#include "core/service/client_service.hpp"
#include "core/service/code_service.hpp"
#include "core/service/consent_service.hpp"
#include "core/service/factor_service.hpp"
#include "core/service/forward_service.hpp"
#include "core/service/link_service.hpp"
#include "core/service/machine_service.hpp"
#include "core/service/mail_service.hpp"
#include "core/service/web_session_service.hpp"
#include "storage/store/embedded_store.hpp"

#include <memory>
#include <string>

namespace pawl::app {

// All outlive the worlds.
struct instance_shared {
    const config& settings;
    const clock& time; // service time
    random_source& random;
    password_hasher& passwords;
    const service_clock* real_time = nullptr; // what /readyz tells of; null: nothing
    logger* log = nullptr;                    // of the process; null in tests of other things
    dev_clock* development = nullptr;         // the world's clock, where it is given one
    signer_source fresh_signer{};             // as of operations, as is the next
    signer_source another_signer{};
    bool has_relay = false; // mails go somewhere; under --dev they always do
    std::size_t throttle_slots = throttle::slots_default;
    std::size_t verified_tokens_max = verified_tokens::capacity_default;
};

class instance {
public:
    // `data` is open.
    instance(const instance_shared& shared, key_ring_ptr keys, std::unique_ptr<storage::embedded_store> data);
    instance(const instance&) = delete;
    instance& operator=(const instance&) = delete;

    // Before the first request: `iss` of its tokens, and `aud` where --audience does not say another.
    void set_issuer(const std::string& url);

    // No more changes: what operators asked for ends, then the store. False where that took longer than `limit`.
    bool stop(milliseconds limit);

    // What handlers are given. metrics_text is for the server to fill in.
    app_context& context() { return context_; }
    storage::embedded_store& data() { return *data_; }
    key_holder& keys() { return keys_; }
    reloaded_limiters limiters() { return {limiter_, client_limiter_}; }
    service_counters& counters() { return counters_; }
    operations& instance_operations() { return operations_; }
    event_service& events() { return events_; }
    mail_service& mails() { return mails_; }
    mail_desk& mails_out() { return mails_out_; }
    const service_settings& rules() const { return rules_; }
    const clock& now() const { return shared_.development != nullptr ? shared_.development->as_clock() : shared_.time; }

private:
    instance_shared shared_;
    key_holder keys_;
    std::unique_ptr<storage::embedded_store> data_;
    service_counters counters_;
    service_settings rules_;
    login_limiter limiter_;
    login_limiter client_limiter_; // of clients: apart, so that a client and a user lock each other out of nothing
    login_limiter factor_limiter_, factor_day_limiter_; // of second factors
    signing_pool signer_;
    mail_settings mail_rules_;
    service_context parts_;
    mail_service mails_;
    mail_desk mails_out_;
    session_service sessions_;
    account_service accounts_;
    access_guard guard_;
    machine_service machines_;
    code_service codes_;
    consent_service consents_;
    forward_service forward_;
    factor_service factors_;
    web_session_service web_sessions_;
    client_guard client_proofs_;
    admin_service admin_;
    locked_link_limiter link_limiter_;
    copy_limiter copies_;
    link_service links_;
    client_service clients_;
    operations operations_;
    event_service events_;
    app_context context_;
};

} // namespace pawl::app
