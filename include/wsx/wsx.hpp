#pragma once

/// Everything in wsx except the protocol layer and the testing kit.

#include <wsx/config.hpp>

#include <wsx/action.hpp>
#include <wsx/backoff.hpp>
#include <wsx/child_spec.hpp>
#include <wsx/client.hpp>
#include <wsx/client_base.hpp>
#include <wsx/client_status.hpp>
#include <wsx/close_code.hpp>
#include <wsx/close_reason.hpp>
#include <wsx/connection_info.hpp>
#include <wsx/deflate_options.hpp>
#include <wsx/diagnostics.hpp>
#include <wsx/disconnect.hpp>
#include <wsx/error.hpp>
#include <wsx/event.hpp>
#include <wsx/frame.hpp>
#include <wsx/header.hpp>
#include <wsx/heartbeat.hpp>
#include <wsx/link.hpp>
#include <wsx/log.hpp>
#include <wsx/logged.hpp>
#include <wsx/message.hpp>
#include <wsx/metered.hpp>
#include <wsx/metrics.hpp>
#include <wsx/offload_options.hpp>
#include <wsx/offloaded.hpp>
#include <wsx/options.hpp>
#include <wsx/ostream.hpp>
#include <wsx/prometheus.hpp>
#include <wsx/request.hpp>
#include <wsx/response_headers.hpp>
#include <wsx/sender.hpp>
#include <wsx/session.hpp>
#include <wsx/stats.hpp>
#include <wsx/supervisor.hpp>
#include <wsx/system_error.hpp>
#include <wsx/timer.hpp>
#include <wsx/tls_info.hpp>
#include <wsx/to_string.hpp>
#include <wsx/trace.hpp>
#include <wsx/traceable.hpp>
#include <wsx/version.hpp>
#include <wsx/worker_session.hpp>
