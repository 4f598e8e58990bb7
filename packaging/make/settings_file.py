"""/etc/pawl/pawl.toml: every option in a comment, made from what pawld itself says, so that it can't drift."""
import re

from make.common import run_program

HEAD = """# Settings of pawld. Each line that begins with #name = is an option with its default, or with an example where it has none.
# `pawld --print-config --config /etc/pawl/pawl.toml` shows what is in force. Secrets belong into /etc/pawl/pawl.env (0600), as
# PAWL_NAME=value, which goes before this file. `systemctl reload pawl` applies what is marked so; the rest needs a restart.
"""
LEFT_OUT = {"config", "print-config", "version", "help", "reset-clock"}  # what is done once, or names this file
# Of options without a default that a file could hold, and of those that depend on the machine.
EXAMPLES = {
    "data-dir": '"/var/lib/pawl"', "key-file": '"/var/lib/pawl/keys.json"', "admin-socket": '"/var/lib/pawl/admin.sock"',
    "issuer": '"https://auth.example.com"', "allowed-host": '["auth.example.com"]', "audience": '"https://api.example.com"',
    "claims": '["email", "roles"]', "tls-cert": '"/etc/pawl/tls.pem"', "tls-key": '"/etc/pawl/tls.key"',
    "tls-client-ca": '"/etc/pawl/clients.pem"', "trusted-proxy": '["127.0.0.1/32"]',
    "cors-origin": '["https://app.example.com"]', "webhook": '"https://app.example.com/hook"',
    "webhook-secret-file": '"/etc/pawl/webhook.secret"', "webhook-event": '["login_failed"]',
    "smtp": '"smtp://pawl@relay.example.com"', "smtp-password-file": '"/etc/pawl/smtp.secret"',
    "smtp-ca": '"/etc/pawl/relay.pem"', "mail-from": '"noreply@example.com"', "mail-reply-to": '"help@example.com"',
    "sign-up-domain": '["example.com", "*.example.com"]',
    "brand-name": '"Example"', "brand-logo": '"/etc/pawl/logo.svg"', "brand-colour": '"#1f5f9a"', "brand-colour-dark": '"#7fb8ea"',
    "webhook-ca": '"/etc/pawl/receiver.pem"', "seed": '"/etc/pawl/seed.json"', "rng-seed": "1",
    "ready-file": '"/run/pawl/ready.json"', "password-threads": "2", "threads": "2", "password-queue": "64",
}


def options_of(help_text):
    """(name, rest of the line, lines that follow) of each option that a TOML file may have."""
    body = help_text.split("\n\n", 2)[2].split("\nAlso read from")[0]
    for block in re.split(r"\n(?=  \S)", "\n" + body):
        found = re.match(r"\s*--([a-z0-9-]+)([^\n]*)\n(.*)", block, re.DOTALL)
        if found and found.group(1) not in LEFT_OUT:
            yield found.group(1), found.group(2).strip(), [line.strip() for line in found.group(3).strip().split("\n")]


def defaults_of(printed):
    """name -> TOML value of each line of --print-config that has one."""
    return dict(re.findall(r"^([a-z0-9-]+) = (.*?)  # default$", printed, re.MULTILINE))


def settings_text(pawld, run_program=run_program):
    """The file for this pawld, which run_program runs."""
    defaults = defaults_of(run_program([pawld, "--print-config"], cwd="/"))
    out = HEAD
    for name, unit, lines in options_of(run_program([pawld, "--help"], cwd="/")):
        value = EXAMPLES.get(name, defaults.get(name))
        out += "\n# %s%s\n" % (name, ": " + unit if unit else "")
        out += "".join("#   %s\n" % line for line in lines)
        out += "#%s = %s\n" % (name, value) if value is not None else ""
    return out
