#include "app/instance/instance.hpp"

#include "app/worker/password_pool.hpp"
#include "core/version.hpp"

#include <utility>

namespace pawl::app {

namespace {

service_settings rules_of(const instance_shared& shared) {
    service_settings rules = service_settings_of(shared.settings);
    rules.verified_tokens_max = shared.verified_tokens_max;
    return rules;
}

mail_settings mail_settings_of(const instance_shared& shared) {
    const config& settings = shared.settings;
    return {settings.dev || shared.has_relay, settings.mail_queue, settings.mail_notices};
}

// Of a URL with a scheme: its host, without brackets and port.
std::string host_of(const std::string& url) {
    const std::string authority = authority_of_url(url);
    const std::size_t end = authority.starts_with('[') ? authority.find(']') : authority.find(':');
    const std::string host = authority.substr(0, end);
    return host.starts_with('[') ? host.substr(1) : host;
}

// Without a relay, an address of the issuer's host; one that is a number has none.
mail_sender_name sender_of(const config& settings, const std::string& issuer) {
    mail_sender_name out;
    out.name = settings.brand.name.empty() ? "Pawl" : settings.brand.name;
    out.brand = settings.brand.name;
    out.button = settings.brand.light.value_or(default_mail_colour);
    out.issuer = issuer;
    out.host = host_of(issuer);
    const bool is_name =
        out.host.find_first_not_of("0123456789.:") != std::string::npos && out.host.find(':') == std::string::npos;
    out.host = is_name ? out.host : "localhost";
    out.address = settings.mail_out ? settings.mail_out->from : "noreply@" + out.host;
    out.reply_to = settings.mail_out ? settings.mail_out->reply_to : std::string();
    return out;
}

// Of one account, from wherever they come: the services count all under one address.
throttle_limits factor_limits(std::uint32_t failures, seconds window) {
    const throttle_limit none{0, seconds(1)};
    return {{failures, window}, none, none, none};
}

} // namespace

instance::instance(const instance_shared& shared, key_ring_ptr keys, std::unique_ptr<storage::embedded_store> data)
    : shared_(shared), keys_(std::move(keys)), data_(std::move(data)), rules_(rules_of(shared)),
      limiter_(throttle_limits_of(shared.settings), now(), shared.random, shared.throttle_slots),
      client_limiter_(client_limits_of(shared.settings), now(), shared.random, shared.throttle_slots),
      factor_limiter_(factor_limits(5, seconds(900)), now(), shared.random, shared.throttle_slots),
      factor_day_limiter_(factor_limits(20, seconds(86400)), now(), shared.random, shared.throttle_slots),
      mail_rules_(mail_settings_of(shared)),
      parts_{*data_,      now(),    shared.random,    shared.passwords,
             limiter_,    rules_,   counters_,        [this] { return keys_.get(); },
             data_.get(), &signer_, &factor_limiter_, &factor_day_limiter_,
             &mails_},
      mails_(parts_, *data_, mail_rules_), mails_out_({*data_, *data_, now(), shared.log, shared.settings.mail_rate}),
      sessions_(parts_), accounts_(parts_), guard_(parts_), machines_(parts_, guard_), codes_(parts_),
      consents_(parts_), forward_(parts_, codes_, machines_), factors_(parts_), web_sessions_(parts_),
      client_proofs_(parts_, client_limiter_), admin_(parts_), link_limiter_(now(), shared.random),
      copies_(now(), shared.random), links_(parts_, mails_, consents_, link_limiter_), clients_(parts_, &operations_),
      operations_({shared.settings, rules_, *data_, keys_, shared.random, now(),
                   dynamic_cast<const password_pool*>(&shared.passwords), &parts_, shared.log, shared.fresh_signer,
                   shared.another_signer}),
      events_(*data_, data_->is_on_disk() ? shared.settings.data_dir : std::string(), parts_.keys),
      context_{sessions_, accounts_,           guard_,         rules_, *data_, now(), parts_.keys, {}, {},
               nullptr,   shared.settings.dev, program_version} {
    mails_out_.set_links([this](const mail& m, const user_ptr& u) { return links_.link_for(m, u); });
    mails_.hurry = [this](const mail_id& id) { mails_out_.hurry(id); };
    context_.mails = &mails_;
    context_.mails_out = &mails_out_;
    context_.real_time = shared.real_time;
    context_.log = shared.log;
    context_.development_clock = shared.development;
    context_.admin = &admin_;
    context_.entities = data_.get();
    context_.clients = &clients_;
    context_.machines = &machines_;
    context_.codes = &codes_;
    context_.random = &shared_.random;
    context_.consents = &consents_;
    context_.forward = &forward_;
    context_.links = &links_;
    context_.factors = &factors_;
    context_.copies = &copies_;
    context_.web_sessions = &web_sessions_;
    context_.client_proofs = &client_proofs_;
    context_.instance_operations = &operations_;
    context_.events = &events_;
    context_.instance = {shared.settings.data_dir, std::string(to_text(shared.settings.algorithm)),
                         shared.settings.durability == durability_mode::interval ? "interval" : "always",
                         std::chrono::steady_clock::now()};
    context_.why_not_ready = [this] { return data_->why_not_ready(); };
    operations_.make_signers_of_clients();
}

bool instance::stop(milliseconds limit) {
    events_.close();
    mails_out_.close();
    operations_.stop();
    signer_.stop();
    return data_->stop(limit);
}

void instance::set_issuer(const std::string& url) {
    rules_.issuer = url;
    mails_out_.set_sender(sender_of(shared_.settings, url));
    const config& settings = shared_.settings;
    const bool is_issuer = settings.audience.empty() && !settings.no_audience;
    rules_.audience = is_issuer ? url : settings.audience;
}

} // namespace pawl::app
