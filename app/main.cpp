// Composition only: what is built in which order, and how it ends. Each step is a function of startup.hpp.
#include "app/config/config.hpp"
#include "app/metrics_wiring.hpp"
#include "app/notify.hpp"
#include "app/password_pool.hpp"
#include "app/sandbox.hpp"
#include "app/signals.hpp"
#include "app/startup.hpp"
#include "app/world.hpp"
#include "storage/system_random.hpp"

#include <unistd.h>

#include <cstdio>
#include <exception>
#include <utility>
#include <variant>

namespace {

using namespace pawl;
using namespace pawl::app;

constexpr std::chrono::seconds store_stop_max{10};
// Draining, storing and joining each have bounds of their own; this one is for what none of them foresees.
constexpr std::chrono::seconds stop_max{25};

int exit_code(storage::refusal why) {
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
void stop(server& http, password_pool& passwords, world& served, logger& log) {
    notify_service_manager("STOPPING=1");
    log.info("process.stopping");
    arm_stop_watchdog(stop_max);
    http.drain();
    passwords.stop();
    served.instance_operations().stop();
    if (!served.data().stop(store_stop_max)) {
        log.error("storage.stuck", {{"waited_s", store_stop_max.count()}});
        log.flush(log_flush_time_max);
        complain("the log's writer did not end in time; what was acknowledged is on disk");
        ::_exit(exit_code(storage::refusal::storage_failed)); // destroying nothing it may still use
    }
    http.stop();
    log.info("process.stopped");
}

int serve(const config_inputs& inputs, const config& settings) {
    prepare_process(settings.dev);
    make_data_directory(settings.data_dir);
    keep_process_files();
    const sandbox closed_in(settings);
    logger log(settings.level, settings.format);
    service_clock time;
    const double started_at_s = static_cast<double>(time.wall_ms().time_since_epoch().count()) / 1e3;
    raise_descriptor_limit(settings.max_connections, log);

    storage::system_random random;
    key_ring_ptr keys = open_keys(settings, random, time.now(), log);
    auto opened = open_store(settings, *keys, time, log);
    say_warnings(settings, log); // not before: a start that is refused says why in one line
    if (settings.reset_clock) {
        log.warn("clock.sessions_ended", {{"count", std::uint64_t{end_families_from_the_future(*opened, time.now())}}});
    }

    password_pool passwords({settings.password_threads, settings.password_queue},
                            real_password_work(settings.argon2, random));
    world main_world({settings, time, random, passwords}, std::move(keys), std::move(opened));
    app_context& context = main_world.context();
    server http(server_settings_of(settings), context, all_routes(settings.dev), log);
    const metrics_sources figures{main_world.counters(), main_world.data(), passwords, time, log,
                                  program_version,       started_at_s};
    context.metrics_text = [&] { return http.counters().render(wire_metrics(figures)); };

    const std::unique_ptr<tls_identity> tls = open_tls(settings, log);
    http.use_tls(tls.get());
    const std::string url = http.bind().front();
    main_world.set_issuer(issuer_of(settings, url));
    http.set_issuer_host(authority_of_url(main_world.rules().issuer));
    closed_in.close(log);
    http.start();
    log.info("process.ready", {{"url", url}, {"version", program_version}, {"data_dir", settings.data_dir}});
    print_ready_line(url);
    notify_service_manager("READY=1");
    const auto look_at_certificate = [&] {
        if (tls && tls->files_changed()) {
            reload_tls(tls.get(), log);
        }
    };
    while (wait_for_signal(certificate_look_interval, look_at_certificate) == signal_request::reload) {
        reload_tls(tls.get(), log);
        reload(inputs, settings, main_world.keys(), main_world.limiter(), log);
    }
    stop(http, passwords, main_world, log);
    return 0;
}

int run(const config_inputs& inputs) {
    const auto loaded = load_config(inputs);
    if (const std::string* line = std::get_if<std::string>(&loaded)) {
        complain(*line);
        return exit_code(storage::refusal::usage);
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
    return serve(inputs, settings);
}

} // namespace

int main(int argument_count, char** arguments) {
    try {
        return run(process_inputs(argument_count, arguments));
    } catch (const storage::refused& why) {
        complain(why.what());
        return why.exit_code();
    } catch (const listen_error& why) {
        complain(why.what());
        return exit_code(storage::refusal::usage);
    } catch (const std::exception& why) {
        complain(std::string("a defect, or no memory: ") + why.what());
        return exit_code(storage::refusal::storage_failed);
    }
}
