#!/bin/sh
# Installs what the tests need and the lock files can't bring: Chromium, a Chinese font, poppler, by
# which another program reads our PDFs, OpenSSL, which plays a time stamping authority, and libfaketime,
# which sets clocks.
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

ready() { faketime && chromium >/dev/null 2>&1 && chinese_font 2>/dev/null && poppler >/dev/null 2>&1 && openssl_command >/dev/null; }

ready && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    { apt-get update && DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends \
        chromium fonts-noto-cjk fontconfig poppler-utils openssl libfaketime; } >&2
    ready && exit 0
fi
if [ "$(uname)" = Darwin ]; then
    echo "The tests need Chromium and poppler: install Google Chrome, and poppler (brew install poppler), then run make test again." >&2
else
    echo "The tests need Chromium, a Chinese font, poppler, OpenSSL and libfaketime:" \
        "sudo apt-get install chromium fonts-noto-cjk poppler-utils openssl libfaketime" >&2
fi
exit 1
