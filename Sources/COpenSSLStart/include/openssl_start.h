// Linking this module makes OpenSSL start without a function that runs at exit. It has nothing to call.
#pragma once
