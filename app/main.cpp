// Composition only: what is built in which order, and how it ends. Each step is a function of startup.hpp.
#include "app/config/config.hpp"
#include "app/dev/fixture.hpp"
#include "app/egress/egress.hpp"
#include "app/instance/instance.hpp"
#include "app/instance/metrics_wiring.hpp"
#include "app/instance/startup.hpp"
#include "app/mail/sender.hpp"
#include "app/mail/smtp_relay.hpp"
#include "app/net/tls.hpp"
#include "app/page/brand.hpp"
#include "app/process/clock_watch.hpp"
#include "app/process/notify.hpp"
#include "app/process/parent_watch.hpp"
#include "app/process/process_memory.hpp"
#include "app/process/ready_file.hpp"
#include "app/process/sandbox.hpp"
#include "app/process/signals.hpp"
#include "app/webhook/sender.hpp"
#include "app/worker/password_pool.hpp"
#include "core/provider/forward.hpp"
#include "core/version.hpp"
#include "storage/standard_descriptors.hpp"
#include "storage/system_random.hpp"

#include <unistd.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

namespace {

using namespace pawl;
using namespace pawl::app;

constexpr std::chrono::seconds store_stop_max{10};
// Draining, storing and joining each have bounds of their own; this one is for what none of them foresees.
constexpr std::chrono::seconds stop_max{25};

int exit_code(storage::exit_code why) {
    return static_cast<int>(why);
}

void say(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

void complain(std::string_view line) {
    std::fprintf(stderr, "pawld: %.*s\n", static_cast<int>(line.size()), line.data());
}

// What is served: one instance, or under --dev the fixture around it.
struct served {
    std::unique_ptr<instance> plain;
    std::unique_ptr<fixture> developed;

    realm_instance_ptr held() const { return developed ? developed->main().now() : nullptr; }
    instance& now(const realm_instance_ptr& held) const { return held ? *held->it : *plain; }
    bool stop() const { return developed ? developed->stop(store_stop_max) : plain->stop(store_stop_max); }
    void set_issuer(const std::string& url) const {
        return developed ? developed->set_issuer(url) : plain->set_issuer(url);
    }
};

std::unique_ptr<storage::embedded_store> open_data(const config& settings, const key_ring& keys, service_clock& time,
                                                   logger& log, sync_stall& stall) {
    if (settings.in_memory) {
        return open_store_in_memory(settings, time);
    }
    if (settings.dev) {
        return open_store(settings, keys, time, log, [&stall] { stall.pass(); });
    }
    return open_store(settings, keys, time, log);
}

struct opened_data {
    key_ring_ptr keys;                              // null: none yet
    std::unique_ptr<storage::embedded_store> store; // null: the fixture makes its own
};

// Keys, then the store that they protect. A key file that was made here goes again if the store can't be opened.
opened_data open_keys_and_data(const config& settings, random_source& random, service_clock& time, logger& log,
                               sync_stall& stall) {
    raise_descriptor_limit(settings.max_connections, log); // before anything that opens many
    opened_data out;
    std::optional<storage::made_key_file> made; // until the store is open
    bool has_new_keys = false;
    if (!settings.key_file.empty()) {
        const storage::opened_key_file key_file = open_keys(settings, random, time.now(), log);
        out.keys = key_file.ring;
        has_new_keys = key_file.created;
        made.emplace(settings.key_file, key_file.created && !settings.in_memory, settings.data_dir);
    } else if (!settings.dev) {
        out.keys = keys_in_memory(key_file_options_of(settings).ring, random, time.now());
    }
    if (!settings.in_memory || !settings.dev) {
        out.store = open_data(settings, *out.keys, time, log, stall);
    }
    made.reset();
    if (has_new_keys) { // it stays now
        log.info("keys.created", {{"file", settings.key_file}});
    }
    out.keys = stamp_keys(settings, std::move(out.keys), time.now(), log);
    say_container(settings, log);
    say_warnings(settings, log); // not before: a start that is refused says why in one line
    if (settings.reset_clock && out.store) {
        const std::size_t ended = undo_wrong_time(*out.store, time.now(), settings.refresh.lost_response_window);
        log.warn("clock.sessions_ended", {{"count", std::uint64_t{ended}}});
        record_clock(*out.store);
    }
    return out;
}

// What the process is before it opens anything, and what became of a restore that was interrupted. Throws refused.
storage::swap_end prepare(const config& settings, int parent) {
    prepare_process(settings.dev);
    if (settings.exit_with_parent) {
        parent_watch::check(parent, settings.expected_parent);
    }
    const storage::swap_end settled =
        settings.in_memory ? storage::swap_end::nothing : make_data_directory(settings.data_dir);
    keep_process_files();
    return settled;
}

// All that serves. Its members stand in the order in which they are built, and are destroyed in the reverse: what runs
// goes before what it uses.
class process {
public:
    // Opens everything and binds the sockets; nothing is accepted yet. Throws refused and listen_error.
    process(const config_inputs& inputs, const config& settings, int parent, storage::swap_end settled,
            egress_link way_out);
    // Starts the threads that serve, and says so.
    void start();
    // Until a signal says that it is over. Reloads meanwhile.
    void wait();
    // In the order of docs/architecture.md, "Stop".
    void stop();

private:
    served make_served();
    server_settings wiring() const;
    std::string render(instance& of);
    void look_around();

    const config_inputs& inputs_;
    const config& settings_;
    storage::system_random random_;
    seed seed_;
    ready_file ready_;
    secret_bytes hook_key_;        // read before files are out of reach
    secret_string relay_password_; // the same
    const sandbox closed_in_;
    std::unique_ptr<parent_watch> watch_; // null: none. Its thread is the first
    logger log_;
    service_clock time_;
    const double started_at_s_;
    sync_stall stall_; // before the store: its writer passes here
    opened_data data_;
    password_pool passwords_;
    served it_;
    const realm_instance_ptr first_; // as long as the server: it is handed its context
    std::unique_ptr<tls_identity> tls_;
    server http_;
    std::unique_ptr<egress> out_;            // null: nothing goes out
    std::unique_ptr<webhook_sender> sender_; // null: none
    std::unique_ptr<mail_sender> mailer_;    // null: mails are caught, or there are none
    std::string url_;
    clock_watch wall_;
    connection_ebb ebb_;
    unsigned looks_ = 0;
    std::uint64_t hashes_told_ = 0;
};

process::process(const config_inputs& inputs, const config& settings, int parent, storage::swap_end settled,
                 egress_link way_out)
    : inputs_(inputs), settings_(settings), seed_(read_seed(settings, random_)), ready_(settings.ready_file),
      hook_key_(webhook_key_of(settings)), relay_password_(smtp_password_of(settings)), closed_in_(settings),
      watch_(settings.exit_with_parent ? std::make_unique<parent_watch>(parent) : nullptr),
      log_(settings.level, settings.format),
      started_at_s_(static_cast<double>(time_.wall_ms().time_since_epoch().count()) / 1e3),
      data_(open_keys_and_data(settings, random_, time_, log_, stall_)),
      passwords_({settings.password_threads, settings.password_queue}, real_password_work(settings.argon2, random_)),
      it_(make_served()), first_(it_.held()),
      http_(wiring(), it_.now(first_).context(), all_routes(settings.dev), log_), wall_(time_, log_) {
    if (settled != storage::swap_end::nothing) {
        log_.warn("store.restore_interrupted",
                  {{"data_dir", settings.data_dir},
                   {"now", settled == storage::swap_end::finished ? "finished" : "taken back"}});
    }
    if (it_.developed) {
        it_.developed->set_metrics_text([this](instance& of) { return render(of); });
    } else {
        it_.plain->context().metrics_text = [this] { return render(*it_.plain); };
    }
    tls_ = open_tls(settings, log_);
    http_.use_tls(tls_.get());
    url_ = http_.bind().front();
    const std::string issuer = issuer_of(settings, url_);
    it_.set_issuer(issuer);
    http_.set_issuer_host(authority_of_url(issuer));
    if (way_out) {
        out_ = std::make_unique<egress>(std::move(way_out), log_);
    }
    if (settings.webhook) {
        instance& of = it_.now(first_);
        sender_ = make_webhook_sender(settings, std::move(hook_key_), of.events(), of.keys().get()->log_key, random_,
                                      log_, *out_);
    }
    if (settings.mail_out && !(settings.dev && settings.in_memory)) { // a world in memory never mails
        instance& of = it_.now(first_);
        mailer_ = make_mail_sender(*settings.mail_out, std::move(relay_password_), of.mails_out(), of.context().time,
                                   log_, *out_);
        of.context().send_mail_now = [mailer = mailer_.get()](composed_mail m) {
            return mailer->send_now(std::move(m.out));
        };
    }
}

served process::make_served() {
    served out;
    if (settings_.dev) {
        out.developed = std::make_unique<fixture>(realm_shared{settings_,
                                                               time_,
                                                               random_,
                                                               passwords_,
                                                               std::move(seed_),
                                                               {},
                                                               &time_,
                                                               &log_,
                                                               settings_.mail_out.has_value()},
                                                  std::move(data_.keys), std::move(data_.store), stall_);
    } else {
        instance_shared shared{settings_, time_, random_, passwords_, &time_, &log_};
        shared.has_relay = settings_.mail_out.has_value();
        out.plain = std::make_unique<instance>(shared, std::move(data_.keys), std::move(data_.store));
    }
    return out;
}

server_settings process::wiring() const {
    server_settings out = server_settings_of(settings_);
    if (it_.developed) {
        out.hook = it_.developed.get();
    }
    out.cors.of_clients = [this](std::string_view origin) {
        const realm_instance_ptr held = it_.held();
        return it_.now(held).context().entities->is_origin_of_client(origin);
    };
    out.is_forward_host = [this](std::string_view host) {
        const realm_instance_ptr held = it_.held();
        const registry& entities = *it_.now(held).context().entities;
        return entities.has_forward_hosts() && entities.find_client_of_host(forward_host(host)) != nullptr;
    };
    return out;
}

std::string process::render(instance& of) {
    return http_.counters().render(
        wire_metrics({of.counters(), of.data(), passwords_, time_, log_, program_version, started_at_s_,
                      &of.events().figures(), sender_ ? &sender_->figures() : nullptr,
                      out_ ? &out_->figures() : nullptr, &of.mails_out().figures(), &of.mails().counters()}));
}

void process::start() {
    closed_in_.close(log_);
    if (out_) {
        out_->start();
    }
    if (sender_) {
        sender_->start();
    }
    if (mailer_) {
        mailer_->start();
    }
    http_.start();
    log_.info("process.ready", {{"url", url_}, {"version", program_version}, {"data_dir", settings_.data_dir}});
    const std::string line = ready_line(url_);
    ready_.write(line);
    print_ready_line(line);
    notify_service_manager("READY=1");
    let_go_of_start_pages();
}

void process::wait() {
    while (wait_for_signal(clock_look_interval, [this] { look_around(); }) == signal_request::reload) {
        reload_tls(tls_.get(), log_);
        const realm_instance_ptr held = it_.held();
        instance& now = it_.now(held);
        reload(inputs_, settings_, now.keys(), now.limiters(), log_);
    }
}

void process::look_around() {
    wall_.look();
    say_hash_memory(passwords_.stats(), hashes_told_, log_);
    if (tls_ && ++looks_ % (certificate_look_interval / clock_look_interval) == 0 && tls_->files_changed()) {
        reload_tls(tls_.get(), log_);
    }
    if (ebb_.look(http_.open_connections())) {
        give_back_free_memory();
    }
}

// Nothing new comes in, what is under way ends, the log is closed whole.
void process::stop() {
    ready_.remove();
    if (sender_) {
        sender_->stop();
    }
    notify_service_manager("STOPPING=1");
    log_.info("process.stopping");
    arm_stop_watchdog(stop_max);
    http_.drain();
    if (mailer_) { // requests may have waited for it; it writes to the store
        mailer_->stop();
    }
    passwords_.stop();
    if (!it_.stop()) {
        log_.error("storage.stuck", {{"waited_s", store_stop_max.count()}});
        log_.flush(log_flush_time_max);
        complain("the log's writer did not end in time; what was acknowledged is on disk");
        ::_exit(exit_code(storage::exit_code::storage_failed)); // destroying nothing it may still use
    }
    http_.stop();
    log_.info("process.stopped");
    if (it_.plain) {
        it_.plain->data().leave_memory_behind(); // and that is the end of the process
    }
}

int serve(const config_inputs& inputs, const config& settings, int parent) {
    set_brand(read_brand(settings.brand));        // a logo that is refused leaves nothing behind
    egress_link way_out = start_egress(settings); // first of all else: what is forked later would have keys and threads
    const storage::swap_end settled = prepare(settings, parent);
    process all(inputs, settings, parent, settled, std::move(way_out));
    all.start();
    all.wait();
    all.stop();
    return 0;
}

int run(const config_inputs& inputs, int parent) {
    const auto loaded = load_config(inputs);
    if (const std::string* line = std::get_if<std::string>(&loaded)) {
        complain(*line);
        return exit_code(storage::exit_code::usage);
    }
    const auto& [action, settings] = std::get<loaded_config>(loaded);
    switch (action) {
    case config_action::help:
        say(help_text());
        return 0;
    case config_action::version:
        say("pawld " + std::string(program_version) + "\n");
        return 0;
    case config_action::print_config:
        say(print_config(settings));
        return 0;
    case config_action::serve:
        break;
    }
    return serve(inputs, settings, parent);
}

} // namespace

int main(int argument_count, char** arguments) {
    if (!storage::fill_standard_descriptors()) {
        return exit_code(storage::exit_code::storage_failed); // where to say it is what is missing
    }
    keep_no_large_buffers();
    const int parent = parent_watch::parent_now();
    try {
        return run(process_inputs(argument_count, arguments), parent);
    } catch (const storage::refused& why) {
        complain(why.what());
        return why.status();
    } catch (const listen_error& why) {
        complain(why.what());
        return exit_code(storage::exit_code::usage);
    } catch (const std::system_error& why) {
        const bool no_thread = why.code() == std::errc::resource_unavailable_try_again;
        complain((no_thread ? "a thread can't be made: the limits of memory and processes (ulimit, pids.max) leave no "
                              "room: "
                            : "a defect, or no memory: ") +
                 std::string(why.what()));
        return exit_code(storage::exit_code::storage_failed);
    } catch (const std::exception& why) {
        complain(std::string("a defect, or no memory: ") + why.what());
        return exit_code(storage::exit_code::storage_failed);
    }
}
