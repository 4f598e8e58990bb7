// Composition only: what is built in which order, and how it ends. Each step is a function of startup.hpp.
#include "app/config/config.hpp"
#include "app/dev/fixture.hpp"
#include "app/instance/instance.hpp"
#include "app/instance/metrics_wiring.hpp"
#include "app/instance/startup.hpp"
#include "app/net/tls.hpp"
#include "app/process/clock_watch.hpp"
#include "app/process/notify.hpp"
#include "app/process/parent_watch.hpp"
#include "app/process/process_memory.hpp"
#include "app/process/ready_file.hpp"
#include "app/process/sandbox.hpp"
#include "app/process/signals.hpp"
#include "app/webhook/sender.hpp"
#include "app/worker/password_pool.hpp"
#include "core/version.hpp"
#include "storage/standard_descriptors.hpp"
#include "storage/system_random.hpp"

#include <unistd.h>

#include <cstdio>
#include <exception>
#include <functional>
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

// In the order of docs/architecture.md, "Stop": nothing new comes in, what is under way ends, the log is closed whole.
void stop(server& http, password_pool& passwords, const std::function<bool()>& stop_data, logger& log) {
    notify_service_manager("STOPPING=1");
    log.info("process.stopping");
    arm_stop_watchdog(stop_max);
    http.drain();
    passwords.stop();
    if (!stop_data()) {
        log.error("storage.stuck", {{"waited_s", store_stop_max.count()}});
        log.flush(log_flush_time_max);
        complain("the log's writer did not end in time; what was acknowledged is on disk");
        ::_exit(exit_code(storage::exit_code::storage_failed)); // destroying nothing it may still use
    }
    http.stop();
    log.info("process.stopped");
}

// What is served: one world, or under --dev the fixture around it.
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

int serve(const config_inputs& inputs, const config& settings, int parent) {
    prepare_process(settings.dev);
    if (settings.exit_with_parent) {
        parent_watch::check(parent, settings.expected_parent);
    }
    const storage::swap_end settled =
        settings.in_memory ? storage::swap_end::nothing : make_data_directory(settings.data_dir);
    keep_process_files();
    storage::system_random random;
    seed start = read_seed(settings, random);
    ready_file ready(settings.ready_file);
    webhook_parts hook = open_webhook(settings); // what it reads, before files are out of reach
    const sandbox closed_in(settings);
    std::optional<parent_watch> watch; // its thread is the first
    if (settings.exit_with_parent) {
        watch.emplace(parent);
    }
    logger log(settings.level, settings.format);
    service_clock time;
    const double started_at_s = static_cast<double>(time.wall_ms().time_since_epoch().count()) / 1e3;
    raise_descriptor_limit(settings.max_connections, log);

    sync_stall stall; // before the store: its writer passes here
    key_ring_ptr keys;
    std::unique_ptr<storage::embedded_store> opened;
    std::optional<storage::made_key_file> made; // until the store is open
    if (!settings.key_file.empty()) {
        const storage::opened_key_file key_file = open_keys(settings, random, time.now(), log);
        keys = key_file.ring;
        made.emplace(settings.key_file, key_file.created && !settings.in_memory, settings.data_dir);
    } else if (!settings.dev) {
        keys = keys_in_memory(key_file_options_of(settings).ring, random, time.now());
    }
    if (!settings.in_memory || !settings.dev) {
        opened = open_data(settings, *keys, time, log, stall);
    }
    made.reset();
    keys = stamp_keys(settings, std::move(keys), time.now(), log);
    if (settled != storage::swap_end::nothing) {
        log.warn("store.restore_interrupted",
                 {{"data_dir", settings.data_dir},
                  {"now", settled == storage::swap_end::finished ? "finished" : "taken back"}});
    }
    say_container(settings, log);
    say_warnings(settings, log); // not before: a start that is refused says why in one line
    if (settings.reset_clock && opened) {
        const std::size_t ended = undo_wrong_time(*opened, time.now(), settings.refresh.lost_response_window);
        log.warn("clock.sessions_ended", {{"count", std::uint64_t{ended}}});
        record_clock(*opened);
    }

    password_pool passwords({settings.password_threads, settings.password_queue},
                            real_password_work(settings.argon2, random));
    served it;
    server_settings wiring = server_settings_of(settings);
    if (settings.dev) {
        it.developed = std::make_unique<fixture>(
            realm_shared{settings, time, random, passwords, std::move(start), {}, &time, &log}, std::move(keys),
            std::move(opened), stall);
        wiring.hook = it.developed.get();
    } else {
        it.plain = std::make_unique<instance>(instance_shared{settings, time, random, passwords, &time, &log},
                                              std::move(keys), std::move(opened));
    }
    const realm_instance_ptr first = it.held(); // as long as the server: it is handed its context
    app_context& context = it.now(first).context();
    server http(std::move(wiring), context, all_routes(settings.dev), log);
    std::unique_ptr<webhook_sender> sender; // null: none
    const auto render = [&](instance& w) {
        return http.counters().render(
            wire_metrics({w.counters(), w.data(), passwords, time, log, program_version, started_at_s,
                          &w.events().figures(), sender ? &sender->figures() : nullptr}));
    };
    if (it.developed) {
        it.developed->set_metrics_text(render);
    } else {
        context.metrics_text = [&] { return render(*it.plain); };
    }

    const std::unique_ptr<tls_identity> tls = open_tls(settings, log);
    http.use_tls(tls.get());
    const std::string url = http.bind().front();
    const std::string issuer = issuer_of(settings, url);
    it.set_issuer(issuer);
    http.set_issuer_host(authority_of_url(issuer));
    if (hook.client) {
        sender = make_webhook_sender(settings, std::move(hook), it.now(first).events(),
                                     it.now(first).keys().get()->log_key, random, log);
    }
    closed_in.close(log);
    if (sender) {
        sender->start();
    }
    http.start();
    log.info("process.ready", {{"url", url}, {"version", program_version}, {"data_dir", settings.data_dir}});
    const std::string line = ready_line(url);
    ready.write(line);
    print_ready_line(line);
    notify_service_manager("READY=1");
    let_go_of_start_pages();
    clock_watch wall(time, log);
    unsigned looks = 0;
    std::uint64_t hashes_told = 0;
    const auto look_around = [&] {
        wall.look();
        say_hash_memory(passwords.stats(), hashes_told, log);
        if (tls && ++looks % (certificate_look_interval / clock_look_interval) == 0 && tls->files_changed()) {
            reload_tls(tls.get(), log);
        }
    };
    while (wait_for_signal(clock_look_interval, look_around) == signal_request::reload) {
        reload_tls(tls.get(), log);
        const realm_instance_ptr held = it.held();
        instance& now = it.now(held);
        reload(inputs, settings, now.keys(), now.limiter(), log);
    }
    ready.remove();
    if (sender) {
        sender->stop();
    }
    stop(http, passwords, [&] { return it.stop(); }, log);
    if (it.plain) {
        it.plain->data().leave_memory_behind(); // and that is the end of the process
    }
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
