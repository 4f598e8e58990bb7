// A body that is made while it is sent.
#pragma once

#include "core/port/task.hpp"

#include <memory>
#include <string>
#include <utility>

namespace pawl::app {

// Belongs to one connection and is used on its thread.
class response_stream {
public:
    virtual ~response_stream() = default;
    // What is to be sent next; empty: that was all. Not called again then, nor before the last call is back. Awaited
    // directly.
    virtual task<std::string> next() = 0;
    // Ends it: a next() that waits comes back. May be called more than once.
    virtual void stop() = 0;

    // Outlives the stream: under --dev the world it tells of, which may have been replaced.
    void keep(std::shared_ptr<const void> what) { kept_ = std::move(what); }

private:
    std::shared_ptr<const void> kept_;
};

} // namespace pawl::app
