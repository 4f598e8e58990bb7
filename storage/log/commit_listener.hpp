// A reader of the log's records once they are durable, in order: GET /admin/events, webhooks.
#pragma once

#include "storage/record/durable_batch.hpp"

namespace pawl::storage {

class commit_listener {
public:
    virtual ~commit_listener() = default;
    // On the thread that writes the log: those who wait for durability were woken before, and nothing is written until
    // this is back. Batches come in the order of the log, without a gap.
    virtual void on_batch(const durable_batch& batch) noexcept = 0;
};

} // namespace pawl::storage
