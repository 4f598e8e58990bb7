// Where mails go: one relay, which is an SMTP server, or the box of --dev. Sending is one exchange with it.
#pragma once

#include "core/mail/mail.hpp"
#include "core/mail/outcome.hpp"
#include "core/port/task.hpp"

#include <cstdint>
#include <string>

namespace pawl::app {

// A mail as it goes out. No address and no header has a CR, a LF or another control character in it.
struct outgoing_mail {
    mail_id id;
    mail_kind kind = mail_kind::verify_email;
    std::string from; // of the envelope: the address of --mail-from, without a name
    std::string to;   // of the envelope
    // Header and content: ASCII, lines of at most 998 bytes that end with CR LF; no dot is doubled.
    std::string message;
};

struct relay_outcome {
    relay_result result = relay_result::relay_fault;
    std::string text; // what the relay said, word for word ("550 5.1.1 no such user"), or why there was no answer
};

class relay {
public:
    virtual ~relay() = default;
    // One exchange, with time bounds of its own. `mail` outlives it. Never throws for what the relay does: that is an
    // outcome. Several may be under way at once, all on the executor of the sender's thread.
    virtual task<relay_outcome> send(const outgoing_mail& mail) = 0;
    // What is under way comes back soon, whatever the outcome. On that executor, once.
    virtual void stop() = 0;
};

} // namespace pawl::app
