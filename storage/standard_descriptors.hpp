// Descriptors 0 to 2 of a process whose starter closed them.
#pragma once

namespace pawl::storage {

// Fills each of 0, 1 and 2 that is closed, so that no file that is opened later gets one of these numbers: what is
// printed would be written into it. /dev/null is used, opened for the direction that is not used, so that reading and
// writing fail as they do on a closed descriptor. Where there is no such device (a bare chroot): "/", opened with
// O_PATH, on which both fail too. First of all in main, before any other thread. False where one stayed closed.
[[nodiscard]] bool fill_standard_descriptors() noexcept;

} // namespace pawl::storage
