// What handlers are given: the services and the few settings they show. Built once in main, outlives every request.
#pragma once

#include "app/http/message.hpp"
#include "core/port/task.hpp"
#include "core/service/access_guard.hpp"
#include "core/service/account_service.hpp"
#include "core/service/admin_service.hpp"
#include "core/service/services.hpp"
#include "core/service/session_service.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace pawl {
class client_guard;        // core/service/client_guard.hpp
class client_service;      // core/service/client_service.hpp
class machine_service;     // core/service/machine_service.hpp
class code_service;        // core/service/code_service.hpp
class web_session_service; // core/service/web_session_service.hpp
class consent_service;     // core/service/consent_service.hpp
class forward_service;     // core/service/forward_service.hpp
class link_service;        // core/service/link_service.hpp
class mail_service;        // core/service/mail_service.hpp
class factor_service;      // core/service/factor_service.hpp
} // namespace pawl

namespace pawl::app {

class logger;         // app/process/logging.hpp
class operations;     // app/instance/operations.hpp
class event_service;  // app/events/event_service.hpp
class service_clock;  // app/process/service_clock.hpp
class dev_clock;      // app/process/service_clock.hpp; only under --dev
class realm;          // app/dev/realm.hpp; only under --dev
class mail_desk;      // app/mail/mail_desk.hpp
class mail_box;       // app/dev/mail_box.hpp; only under --dev
struct composed_mail; // app/mail/compose.hpp
struct relay_outcome; // app/mail/relay.hpp
class copy_limiter;   // app/worker/copy_limiter.hpp

// What /admin/info tells of the instance beside its settings.
struct instance_facts {
    std::string data_dir;
    std::string algorithm;
    std::string durability;
    std::chrono::steady_clock::time_point started_at{};
};

struct app_context {
    session_service& sessions;
    account_service& accounts;
    access_guard& guard;
    const service_settings& settings;
    store& data;
    const clock& time;
    std::function<key_ring_ptr()> keys;
    std::function<std::string()> metrics_text;  // Prometheus text, whole
    std::function<const char*()> why_not_ready; // null when ready
    dev_clock* development_clock = nullptr;     // not null exactly under --dev
    bool development = false;
    std::string_view version;       // "0.1.0"
    admin_service* admin = nullptr; // not null where there are /admin/* routes
    instance_facts instance{};
    operations* instance_operations = nullptr; // null in tests of other things
    event_service* events = nullptr;           // null in tests of other things
    // Null without --dev and in unit tests; the source of ids of this world.
    realm* development_realm = nullptr;
    random_source* development_random = nullptr;
    const service_clock* real_time =
        nullptr;                           // how the wall clock stands to service time; null in tests of other things
    logger* log = nullptr;                 // null in tests of other things
    client_guard* client_proofs = nullptr; // who a client is; null: every caller is the first party
    registry* entities = nullptr;          // clients, APIs, scopes; null in tests of other things, as are the next
    client_service* clients = nullptr;     // what operators do with them
    machine_service* machines = nullptr;   // client credentials, introspection, revocation
    code_service* codes = nullptr;         // authorization codes, /userinfo
    web_session_service* web_sessions = nullptr; // who is signed in at a browser
    consent_service* consents = nullptr;         // what users allowed clients
    forward_service* forward = nullptr;          // who visits a host behind forward auth
    random_source* random = nullptr;             // null in tests of other things
    link_service* links = nullptr;               // what links of mails do; null in tests of other things
    mail_service* mails = nullptr;               // the same, as is the next
    mail_desk* mails_out = nullptr;
    mail_box* box = nullptr; // --dev: where mails are caught
    // One mail beside the queue: what the relay says. Empty where there is none.
    std::function<task<relay_outcome>(composed_mail)> send_mail_now{};
    factor_service* factors = nullptr; // second factors of accounts
    copy_limiter* copies = nullptr;    // how many copies of accounts are made; null: not counted
};

} // namespace pawl::app
