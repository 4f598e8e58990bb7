// Tells systemd how the service does (sd_notify(3)), without its library.
#pragma once

#include <string_view>

namespace pawl::app {

// Sends `state` ("READY=1", "STOPPING=1") to $NOTIFY_SOCKET; nothing if that is not set. Where it fails no reader
// can be told, and the service runs on. Not while other threads change the environment.
void notify_service_manager(std::string_view state) noexcept;

} // namespace pawl::app
