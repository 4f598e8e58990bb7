// One piece of work on several threads, for as long as it takes.
#pragma once

#include <functional>

namespace pawl::storage {

// Calls `work` on `count` threads at once, of which the caller is one (at least), and waits for all. It should take
// what there is to do from a place that all share: where the system gives no more threads, there are fewer. What is
// thrown first is thrown on, once all have ended.
void on_threads(unsigned count, const std::function<void()>& work);

} // namespace pawl::storage
