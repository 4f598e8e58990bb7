// Signatures of ID tokens: those of elliptic curves at once, RSA's on threads of their own, so that a millisecond of
// arithmetic keeps no connection of an io thread waiting, nor a hash of 30 ms a signature.
#pragma once

#include "app/worker/worker_pool.hpp"
#include "core/port/token_signer.hpp"

#include <cstddef>

namespace pawl::app {

class signing_pool final : public token_signer {
public:
    static constexpr std::size_t queue_max = 256; // signatures that wait for a thread
    static constexpr unsigned threads = 2;

    // The threads start with the first signature of RSA.
    signing_pool();

    // See the port. Throws thread_refused where the system gives no threads.
    result<signing_turn> admit(std::shared_ptr<const jws_key> key) override;
    // worker_pool::run() says where it resumes.
    task<result<std::string>> sign(signing_turn turn, std::string signing_input) override;

    // Takes no more, refuses what is queued, waits for what runs, joins. Owner's thread.
    void stop() { pool_.stop(); }

private:
    struct job;
    struct held_place;
    worker_pool pool_;
};

} // namespace pawl::app
