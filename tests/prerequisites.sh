#!/bin/sh
# Installs what the tests need and the lock files can't bring: Chromium, a Chinese font, poppler, by
# which another program reads our PDFs, OpenSSL, which plays a time stamping authority, libfaketime,
# which sets clocks, and nginx and Caddy, which stand in front of the site as docs/deploying has them.
# Where it may not, it says in one line what to install, and fails.
set -eu

chromium() {
    command -v chromium || command -v chromium-browser || command -v google-chrome ||
        ls "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
            "/Applications/Chromium.app/Contents/MacOS/Chromium"
}

chinese_font() {
    [ "$(uname)" = Darwin ] || fc-list :lang=zh-cn family | grep -q .
}

poppler() { command -v pdftoppm && command -v pdftotext && command -v pdffonts; }

# macOS brings LibreSSL, which stamps as well.
openssl_command() { command -v openssl; }

# Of the tests on a clock that is set.
faketime() {
    [ "$(uname)" = Darwin ] ||
        ls /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib/faketime/libfaketimeMT.so.1 \
            /usr/local/lib/faketime/libfaketimeMT.so.1 2>/dev/null | grep -q .
}

# Debian keeps servers where only root looks.
proxies() { PATH="$PATH:/usr/local/sbin:/usr/sbin" && command -v nginx && command -v caddy; }

ready() {
    chromium >/dev/null 2>&1 && chinese_font 2>/dev/null && poppler >/dev/null 2>&1 &&
        openssl_command >/dev/null && proxies >/dev/null && faketime
}

ready && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    # RUNLEVEL keeps Debian from starting the proxies as services of the machine.
    { apt-get update && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends \
        chromium fonts-noto-cjk fontconfig poppler-utils openssl libfaketime nginx-light caddy; } >&2
    ready && exit 0
fi
if [ "$(uname)" = Darwin ]; then
    echo "The tests need Chromium, poppler, nginx and Caddy: install Google Chrome, brew install poppler nginx caddy, then run make test again." >&2
else
    echo "The tests need Chromium, a Chinese font, poppler, OpenSSL, libfaketime, nginx and Caddy:" \
        "sudo apt-get install chromium fonts-noto-cjk poppler-utils openssl libfaketime nginx-light caddy" >&2
fi
exit 1
