// A coroutine that waits for a thread which is no io thread: what that thread holds, and how it hands it back.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <utility>

namespace pawl::app {

// wake() posts it to its own executor, and is called once.
struct waiter {
    virtual ~waiter() = default;
    virtual void wake() = 0;
};

template <class Handler>
class handler_waiter final : public waiter {
public:
    explicit handler_waiter(Handler resumes)
        : handler_(std::move(resumes)), work_(boost::asio::get_associated_executor(handler_)) {}
    void wake() override { boost::asio::post(work_.get_executor(), std::move(handler_)); }

private:
    Handler handler_;
    // Its io_context does not run out of work while another thread has its coroutine.
    boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler>> work_;
};

} // namespace pawl::app
