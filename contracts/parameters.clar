;; parameters (13): system parameters, feature flags, circuit breakers and rate limits.
;; It stops new risk and sales back to the pool: what pays a promise (activation, settlement, claims, exits) asks
;; nothing here. It holds no assets. Amounts are in the unit of the action, times in seconds, ratios in ppm. Histories
;; are read as map entries.

;; --- CONSTANTS ---
(define-constant FOREVER u340282366920938463463374607431768211455)
(define-constant DAY u86400)
;; Bound of rate limits and parameters, so that no product below overflows.
(define-constant MAX_AMOUNT u1000000000000000000000)
;; What complete-setup wants; the parameters it wants are those of build-config.
(define-constant FLAGS (list "sales" "deposits" "sell-back"))
(define-constant BREAKERS (list "all" "sales" "deposits" "oracle"))
(define-constant ACTIONS (list "purchase" "deposit" "sell-back"))
(define-constant NAMES (list "oracle" "liquidity-pool-vault" "insurance-fund" "treasury" "liquidity-pool" "policy-registry"))

;; --- ERRORS ---
(define-constant ERR_INVALID_BOUNDS (err u1340001))
(define-constant ERR_OUT_OF_BOUNDS (err u1340002))
(define-constant ERR_INCONSISTENT (err u1340003))
(define-constant ERR_INVALID_LIMIT (err u1340004))
(define-constant ERR_NOT_AUTHORISED (err u1340301))
(define-constant ERR_UNKNOWN_PARAMETER (err u1340401))
(define-constant ERR_UNKNOWN_FLAG (err u1340402))
(define-constant ERR_UNKNOWN_BREAKER (err u1340403))
(define-constant ERR_UNKNOWN_ACTION (err u1340404))
(define-constant ERR_PARAMETER_EXISTS (err u1340901))
(define-constant ERR_NOT_INITIALISED (err u1340902))
(define-constant ERR_NOT_TRIPPED (err u1340903))
(define-constant ERR_NAME_UNRESOLVED (err u1340904))
(define-constant ERR_RATE_LIMITED (err u1342901))
(define-constant ERR_COOLING_DOWN (err u1342902))
(define-constant ERR_BREAKER_TRIPPED (err u1350301))
(define-constant ERR_FLAG_OFF (err u1350302))

;; --- DATA VARS ---
;; What a purchase needs, rebuilt whenever a parameter changes; none until complete-setup.
(define-data-var policy-config (optional {min-size: uint, max-size: uint, min-term: uint, min-lock-rate: uint,
  bid-spread: uint, surcharge-kink: uint, surcharge-slope: uint, activation-delay: uint, cancel-cutoff: uint, sale-max-age: uint}) none)

;; --- MAPS ---
(define-map parameters (string-ascii 40) {value: uint, min: uint, max: uint, version: uint})
(define-map parameter-history {name: (string-ascii 40), version: uint} {old: uint, new: uint, at: uint, by: principal})
(define-map flags (string-ascii 24) {enabled: bool, version: uint})
(define-map flag-history {name: (string-ascii 24), version: uint} {enabled: bool, at: uint, by: principal})
;; Tripped while now < until. A reported level >= threshold (u0: none) trips it for auto-release seconds (u0: until
;; released). `by` may release what it tripped; none if several tripped it.
(define-map circuit-breakers (string-ascii 24) {activation-threshold: uint, auto-release: uint, until: uint,
  last-activated: uint, by: (optional principal), by-guardian: bool, reason: (string-ascii 64), count: uint})
(define-map breaker-history {id: (string-ascii 24), index: uint}
  {at: uint, by: principal, reason: (string-ascii 64), level: uint, released-at: uint})
;; An action needs its flag on and its breakers closed; a user's amounts fill a bucket of `capacity` (u0: no limit) that
;; empties by refill-per-day, no two within `cooldown`.
(define-map actions (string-ascii 24)
  {flag: (string-ascii 24), breakers: (list 4 (string-ascii 24)), capacity: uint, refill-per-day: uint, cooldown: uint})
;; `suspicious` counts what came within a tenth of the capacity or in the same second as the last.
(define-map rate-limiting {action: (string-ascii 24), user: principal}
  {level: uint, last-action: uint, count: uint, suspicious: uint})

;; --- PRIVATE ---
(define-private (governed (function (string-ascii 40)) (args (optional (buff 1024))))
  (contract-call? .governance consume-action function (sha256 (unwrap-panic args)) contract-caller))

(define-private (is-guardian) (contract-call? .governance has-role contract-caller "guardian"))

(define-private (is-suite)
  (match (contract-call? .upgrade-manager standing-of contract-caller) s (is-eq (get standing s) u2) false))

(define-private (build-config)
  (let ((config {min-size: (try! (get-parameter "min-size")), max-size: (try! (get-parameter "max-size")),
          min-term: (try! (get-parameter "min-term")), min-lock-rate: (try! (get-parameter "min-lock-rate")),
          bid-spread: (try! (get-parameter "bid-spread")), surcharge-kink: (try! (get-parameter "surcharge-kink")),
          surcharge-slope: (try! (get-parameter "surcharge-slope")),
          activation-delay: (try! (get-parameter "activation-delay")),
          cancel-cutoff: (try! (get-parameter "cancel-cutoff")), sale-max-age: (try! (get-parameter "sale-max-age"))}))
    ;; What each bound alone cannot say.
    (asserts! (and (> (get min-size config) u0) (<= (get min-size config) (get max-size config))
      (< (get bid-spread config) u1000000) (< (get surcharge-kink config) u1000000)
      (< (get activation-delay config) (get min-term config))
      (< (get cancel-cutoff config) (get min-term config))) ERR_INCONSISTENT)
    (ok config)))

(define-private (write-parameter (name (string-ascii 40)) (old uint) (value uint) (min uint) (max uint) (version uint))
  (begin
    (asserts! (and (<= min max) (<= max MAX_AMOUNT)) ERR_INVALID_BOUNDS)
    (asserts! (and (>= value min) (<= value max)) ERR_OUT_OF_BOUNDS)
    (map-set parameters name {value: value, min: min, max: max, version: version})
    (map-set parameter-history {name: name, version: version}
      {old: old, new: value, at: stacks-block-time, by: contract-caller})
    (and (is-some (var-get policy-config)) (var-set policy-config (some (try! (build-config)))))
    (print {event: "parameter-changed", name: name, value: value, previous: old, min: min, max: max, version: version,
      by: contract-caller})
    (ok true)))

(define-private (tripped (id (string-ascii 24)))
  (match (map-get? circuit-breakers id) b (< stacks-block-time (get until b)) true))

;; The bucket after an action of `amount`: it leaks first, rounding against the user.
(define-private (next-usage (a {flag: (string-ascii 24), breakers: (list 4 (string-ascii 24)), capacity: uint,
    refill-per-day: uint, cooldown: uint}) (amount uint)
    (u {level: uint, last-action: uint, count: uint, suspicious: uint}))
  (let ((elapsed (- stacks-block-time (get last-action u)))
        (leak (/ (* elapsed (get refill-per-day a)) DAY))
        (rest (if (> (get level u) leak) (- (get level u) leak) u0))
        (capacity (get capacity a)))
    (asserts! (or (is-eq (get count u) u0) (>= elapsed (get cooldown a))) ERR_COOLING_DOWN)
    (asserts! (and (<= amount capacity) (<= (+ rest amount) capacity)) ERR_RATE_LIMITED)
    (ok {level: (+ rest amount), last-action: stacks-block-time, count: (+ (get count u) u1),
      suspicious: (+ (get suspicious u)
        (if (or (> (+ rest amount) (- capacity (/ capacity u10))) (is-eq elapsed u0)) u1 u0))})))

;; The rule of an action if nothing stops it.
(define-private (open-rule (action (string-ascii 24)))
  (let ((rule (unwrap! (map-get? actions action) ERR_UNKNOWN_ACTION)))
    (asserts! (is-some (var-get policy-config)) ERR_NOT_INITIALISED)
    (asserts! (default-to false (get enabled (map-get? flags (get flag rule)))) ERR_FLAG_OFF)
    (asserts! (is-none (index-of? (map tripped (get breakers rule)) true)) ERR_BREAKER_TRIPPED)
    (ok rule)))

(define-private (use-action (action (string-ascii 24)) (user principal) (amount uint))
  (let ((rule (try! (open-rule action))))
    (and (> (get capacity rule) u0)
      (let ((usage (try! (next-usage rule amount (get-usage action user)))))
        (print (merge usage {event: "limit-used", action: action, user: user, amount: amount}))
        (map-set rate-limiting {action: action, user: user} usage)))
    (ok true)))

(define-private (trip (id (string-ascii 24)) (reason (string-ascii 64)) (level uint) (by-guardian bool))
  (let ((b (unwrap! (map-get? circuit-breakers id) ERR_UNKNOWN_BREAKER))
        (now stacks-block-time)
        (index (+ (get count b) u1))
        (was (< now (get until b)))
        (end (if (is-eq (get auto-release b) u0) FOREVER (+ now (get auto-release b))))
        (until (if (> (get until b) end) (get until b) end))
        (me (some contract-caller)))
    ;; Tripping again never shortens it, and gives nobody the right to release what another tripped.
    (map-set circuit-breakers id (merge b {until: until, last-activated: now, reason: reason, count: index,
      by: (if (or (not was) (is-eq (get by b) me)) me none),
      by-guardian: (and by-guardian (or (not was) (get by-guardian b)))}))
    (map-set breaker-history {id: id, index: index}
      {at: now, by: contract-caller, reason: reason, level: level, released-at: u0})
    (print {event: "breaker-tripped", id: id, reason: reason, level: level, until: until, by-guardian: by-guardian,
      by: contract-caller})
    (ok true)))

(define-private (resolves (name (string-ascii 40)))
  (is-ok (contract-call? .upgrade-manager resolve-contract-address name)))

(define-private (value-of (name (string-ascii 40))) (get value (map-get? parameters name)))

;; --- READ-ONLY ---
;; The value of a parameter.
(define-read-only (get-parameter (name (string-ascii 40)))
  (ok (unwrap! (value-of name) ERR_UNKNOWN_PARAMETER)))

;; The values of several, none for what does not exist.
(define-read-only (get-parameters (names (list 20 (string-ascii 40)))) (map value-of names))

;; Value, bounds and version of a parameter.
(define-read-only (get-parameter-details (name (string-ascii 40))) (map-get? parameters name))

;; All that the pricing of a policy needs. Errors: not initialised.
(define-read-only (get-policy-config) (ok (unwrap! (var-get policy-config) ERR_NOT_INITIALISED)))

;; Whether a feature is on, and its version.
(define-read-only (get-flag (name (string-ascii 24))) (map-get? flags name))

;; A breaker's settings and last activation.
(define-read-only (get-breaker (id (string-ascii 24))) (map-get? circuit-breakers id))

;; Errors if a breaker is tripped.
(define-read-only (check-circuit-breaker (id (string-ascii 24)))
  (ok (asserts! (>= stacks-block-time (get until (unwrap! (map-get? circuit-breakers id) ERR_UNKNOWN_BREAKER)))
    ERR_BREAKER_TRIPPED)))

;; What an action needs.
(define-read-only (get-action-rule (action (string-ascii 24))) (map-get? actions action))

;; A user's bucket as of the last action.
(define-read-only (get-usage (action (string-ascii 24)) (user principal))
  (default-to {level: u0, last-action: u0, count: u0, suspicious: u0}
    (map-get? rate-limiting {action: action, user: user})))

;; What check-action (for "purchase": authorise-sale) would answer about the user now.
(define-read-only (is-action-open (action (string-ascii 24)) (user principal) (amount uint))
  (let ((rule (try! (open-rule action))))
    (and (> (get capacity rule) u0) (> (get count (try! (next-usage rule amount (get-usage action user)))) u0))
    (ok true)))

;; Everything at a glance: lists follow FLAGS and BREAKERS (sales, deposits, sell-back; all, sales, deposits, oracle); `consistent` repeats the checks across parameters.
(define-read-only (get-system-health)
  {initialised: (is-some (var-get policy-config)), consistent: (is-ok (build-config)),
   flags: (map get-flag FLAGS), breakers-tripped: (map tripped BREAKERS), at: stacks-block-time})

;; --- PUBLIC ---
;; For a purchase of `size` satoshis by `user`: checks everything, uses up the user's limit, returns the configuration.
;; By the current policy-registry.
(define-public (authorise-sale (user principal) (size uint))
  (begin
    (asserts! (contract-call? .upgrade-manager is-current "policy-registry" contract-caller) ERR_NOT_AUTHORISED)
    (try! (use-action "purchase" user size))
    (get-policy-config)))

;; The same for other actions. By contracts of the suite, retiring ones too: what they have runs off.
(define-public (check-action (action (string-ascii 24)) (user principal) (amount uint))
  (begin
    (asserts! (is-some (contract-call? .upgrade-manager standing-of contract-caller)) ERR_NOT_AUTHORISED)
    (use-action action user amount)))

;; Creates a parameter with its bounds. Governed. Returns false if it exists with the same values.
(define-public (define-parameter (name (string-ascii 40)) (value uint) (min uint) (max uint))
  (begin
    (try! (governed "define-parameter" (to-consensus-buff? {name: name, value: value, min: min, max: max})))
    (match (map-get? parameters name)
      old (if (is-eq old {value: value, min: min, max: max, version: (get version old)}) (ok false) ERR_PARAMETER_EXISTS)
      (write-parameter name u0 value min max u1))))

;; Changes a parameter within its bounds. Governed. Errors: unknown, out of bounds, at odds with another.
(define-public (set-parameter (name (string-ascii 40)) (value uint))
  (let ((p (unwrap! (map-get? parameters name) ERR_UNKNOWN_PARAMETER)))
    (try! (governed "set-parameter" (to-consensus-buff? {name: name, value: value})))
    (write-parameter name (get value p) value (get min p) (get max p) (+ (get version p) u1))))

;; Changes the bounds of a parameter around its value. Governed.
(define-public (set-parameter-bounds (name (string-ascii 40)) (min uint) (max uint))
  (let ((p (unwrap! (map-get? parameters name) ERR_UNKNOWN_PARAMETER)))
    (try! (governed "set-parameter-bounds" (to-consensus-buff? {name: name, min: min, max: max})))
    (write-parameter name (get value p) (get value p) min max (+ (get version p) u1))))

;; Switches a feature, creating its flag the first time. Governed. Returns whether anything changed.
(define-public (set-flag (name (string-ascii 24)) (enabled bool))
  (let ((version (+ u1 (default-to u0 (get version (map-get? flags name))))))
    (try! (governed "set-flag" (to-consensus-buff? {name: name, enabled: enabled})))
    (ok (and (not (is-eq (get enabled (map-get? flags name)) (some enabled))) (begin
      (map-set flags name {enabled: enabled, version: version})
      (map-set flag-history {name: name, version: version} {enabled: enabled, at: stacks-block-time, by: contract-caller})
      (print {event: "flag-set", name: name, enabled: enabled, version: version, by: contract-caller})
      true)))))

;; Creates a breaker or changes its threshold and automatic release; one that is tripped stays so. Governed.
(define-public (set-breaker (id (string-ascii 24)) (activation-threshold uint) (auto-release uint))
  (let ((b (default-to {activation-threshold: u0, auto-release: u0, until: u0, last-activated: u0, by: none,
          by-guardian: false, reason: "", count: u0} (map-get? circuit-breakers id))))
    (try! (governed "set-breaker" (to-consensus-buff?
      {id: id, activation-threshold: activation-threshold, auto-release: auto-release})))
    (asserts! (<= auto-release MAX_AMOUNT) ERR_INVALID_LIMIT)
    (map-set circuit-breakers id (merge b {activation-threshold: activation-threshold, auto-release: auto-release}))
    (print {event: "breaker-set", id: id, activation-threshold: activation-threshold, auto-release: auto-release,
      by: contract-caller})
    (ok true)))

;; Trips a breaker at once. By a guardian or a current contract of the suite (emergency-response among them).
(define-public (trip-breaker (id (string-ascii 24)) (reason (string-ascii 64)))
  (let ((guardian (is-guardian)))
    (asserts! (or guardian (is-suite)) ERR_NOT_AUTHORISED)
    (trip id reason u0 guardian)))

;; Reports what a breaker watches; at its threshold or above it trips. By current contracts of the suite. Returns whether
;; it is tripped.
(define-public (report-level (id (string-ascii 24)) (value uint))
  (let ((b (unwrap! (map-get? circuit-breakers id) ERR_UNKNOWN_BREAKER)))
    (asserts! (is-suite) ERR_NOT_AUTHORISED)
    (if (tripped id)
      (ok true)
      (if (or (is-eq (get activation-threshold b) u0) (< value (get activation-threshold b)))
        (ok false)
        (trip id "level" value false)))))

;; Closes a tripped breaker: a guardian what a guardian tripped, a current contract what it tripped itself, else governed.
(define-public (release-breaker (id (string-ascii 24)))
  (let ((b (unwrap! (map-get? circuit-breakers id) ERR_UNKNOWN_BREAKER))
        (key {id: id, index: (get count b)}))
    (or (and (get by-guardian b) (is-guardian)) (and (is-eq (get by b) (some contract-caller)) (is-suite))
      (try! (governed "release-breaker" (to-consensus-buff? {id: id}))))
    (asserts! (tripped id) ERR_NOT_TRIPPED)
    (map-set circuit-breakers id (merge b {until: stacks-block-time}))
    (map-set breaker-history key (merge (unwrap-panic (map-get? breaker-history key)) {released-at: stacks-block-time}))
    (print {event: "breaker-released", id: id, by: contract-caller})
    (ok true)))

;; Sets what an action needs and its limit per user. Governed.
(define-public (set-action-rule (action (string-ascii 24)) (flag (string-ascii 24)) (breakers (list 4 (string-ascii 24)))
    (capacity uint) (refill-per-day uint) (cooldown uint))
  (let ((rule {flag: flag, breakers: breakers, capacity: capacity, refill-per-day: refill-per-day, cooldown: cooldown}))
    (try! (governed "set-action-rule" (to-consensus-buff? (merge rule {action: action}))))
    (asserts! (is-some (get-flag flag)) ERR_UNKNOWN_FLAG)
    (asserts! (is-none (index-of? (map get-breaker breakers) none)) ERR_UNKNOWN_BREAKER)
    (asserts! (and (<= capacity MAX_AMOUNT) (<= refill-per-day MAX_AMOUNT) (<= cooldown DAY)) ERR_INVALID_LIMIT)
    (map-set actions action rule)
    (print (merge rule {event: "action-rule-set", action: action, by: contract-caller}))
    (ok true)))

;; Opens the suite for business once everything it needs is there. Governed. Returns false if it was open.
(define-public (complete-setup)
  (let ((config (try! (build-config))))
    (try! (governed "complete-setup" (some 0x)))
    (asserts! (is-none (index-of? (map get-flag FLAGS) none)) ERR_UNKNOWN_FLAG)
    (asserts! (is-none (index-of? (map get-breaker BREAKERS) none)) ERR_UNKNOWN_BREAKER)
    (asserts! (is-none (index-of? (map get-action-rule ACTIONS) none)) ERR_UNKNOWN_ACTION)
    (asserts! (is-none (index-of? (map resolves NAMES) false)) ERR_NAME_UNRESOLVED)
    (ok (and (is-none (var-get policy-config)) (begin
      (var-set policy-config (some config))
      (print (merge config {event: "setup-completed", by: contract-caller}))
      true)))))
