// --dev as a test fixture: the server's own world and the realms beside it, made when they are first asked for.
//
// Threads: handle() and answered() from io threads, the rest from any but where it says so. One thread goes round the
// realms: frees, sweeps, ends what is stalled, destroys worlds that are not used any more.
#pragma once

#include "app/dev/realm.hpp"
#include "app/http/request_hook.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace pawl::app {

inline constexpr std::size_t realms_max = 256;

class fixture final : public request_hook {
public:
    // Null `data`: the server's own world is in memory. Null `keys` too: its keys are, as well. Everything passed in
    // outlives the fixture.
    fixture(realm_shared shared, key_ring_ptr keys, std::unique_ptr<storage::embedded_store> data, sync_stall& stall);
    ~fixture() override; // stop()
    fixture(const fixture&) = delete;
    fixture& operator=(const fixture&) = delete;

    // Before the server starts. The issuer of a realm is "<url>/t/<name>".
    void set_issuer(const std::string& url);
    void set_metrics_text(std::function<std::string(instance&)> text) { shared_.metrics_text = std::move(text); }
    realm& main() { return *main_; }

    task<http_response> handle(const route& row, const http_request& request) override;
    void answered(const http_request& request, unsigned status) noexcept override;

    struct realm_line {
        std::string name, issuer;
        std::uint64_t users = 0, sessions = 0;
    };
    std::vector<realm_line> realms() const;
    bool remove(const std::string& name);
    // The round is made at this time at the latest.
    void come_by(realm::steady_time at);
    // No changes any more anywhere; true where all stores stopped in time. Once requests have ended.
    bool stop(milliseconds limit);

private:
    // Worlds that are to be destroyed, where they may be the last to outlive everything else.
    struct grave;

    std::shared_ptr<realm> find(std::string_view name) const;
    // Null if there is no room for another.
    std::shared_ptr<realm> find_or_make(std::string_view name);
    realm::bury_function undertaker();
    void go_round();
    void stop_thread();

    realm_shared shared_;
    std::shared_ptr<grave> grave_;
    std::shared_ptr<realm> main_;
    std::string issuer_;
    mutable std::mutex mutex_; // of realms_
    std::map<std::string, std::shared_ptr<realm>, std::less<>> realms_;
    std::thread thread_;
};

} // namespace pawl::app
