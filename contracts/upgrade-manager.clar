;; upgrade-manager (12): the suite's contracts by name, their standing, upgrades and migrations. It holds nothing.
;; Standing: u2 current, u1 retiring (may only run off what it has), u0 dead or unknown. An upgrade moves standing, never
;; assets; nothing shortens the delay of a name with custody. Times in seconds. Every contract calls it, so it is short:
;; histories, upgrades and migrations are read as map entries.

;; --- CONSTANTS ---
(define-constant CURRENT u2)
(define-constant RETIRING u1)
(define-constant DEAD u0)
;; How long an upgrade may be activated once it is due.
(define-constant WINDOW u2592000)

;; --- ERRORS ---
(define-constant ERR_INVALID_DELAY (err u1240001))
(define-constant ERR_EMPTY_TEXT (err u1240002))
(define-constant ERR_NOT_AUTHORISED (err u1240301))
(define-constant ERR_UNKNOWN_NAME (err u1240401))
(define-constant ERR_UNKNOWN_ADDRESS (err u1240402))
(define-constant ERR_NO_UPGRADE (err u1240403))
(define-constant ERR_UNKNOWN_MIGRATION (err u1240404))
(define-constant ERR_NAME_TAKEN (err u1240901))
(define-constant ERR_ADDRESS_TAKEN (err u1240902))
(define-constant ERR_NOT_UPGRADEABLE (err u1240903))
(define-constant ERR_TOO_EARLY (err u1240904))
(define-constant ERR_TOO_LATE (err u1240905))
(define-constant ERR_UNVERIFIED (err u1240906))
(define-constant ERR_WRONG_STANDING (err u1240907))
(define-constant ERR_MIGRATION_STATE (err u1240908))
(define-constant ERR_UPGRADE_PENDING (err u1240909))
(define-constant ERR_INCOMPATIBLE (err u1240910))

;; --- DATA VARS ---
(define-data-var delays {normal: uint, custody: uint, kill: uint} {normal: u86400, custody: u604800, kill: u7776000})
(define-data-var migration-count uint u0)

;; --- MAPS ---
;; An address holds one name for ever.
(define-map holders principal {name: (string-ascii 40), standing: uint, since: uint})
(define-map contract-registry (string-ascii 40) {contract-address: principal, current-version: (string-ascii 20),
  upgradeable: bool, custody: bool, last-upgraded: uint, upgrades: uint, metadata: (string-ascii 128),
  fallback: (optional principal), dependencies: (list 16 (string-ascii 40))})
;; Entry u0 is the registration. `stable` is what was found in operation.
(define-map upgrade-history {name: (string-ascii 40), index: uint}
  {address: principal, version: (string-ascii 20), at: uint, tested-with: (list 16 (string-ascii 20)), stable: (optional bool)})
;; At most one waits per name. Testing says whether it is compatible with the versions of its dependencies then; `report`
;; is the hash of its report.
(define-map upgrade-proposals (string-ascii 40) {address: principal, version: (string-ascii 20), hash: (buff 32),
  due: uint, compatible: (optional bool), report: (buff 32), tested-with: (list 16 (string-ascii 20))})
;; Records of moves that the contracts themselves make.
(define-map migration-states uint {name: (string-ascii 40), from-version: (string-ascii 20),
  to-version: (string-ascii 20), status: (string-ascii 11), expected: uint, migrated-records: uint, result: (buff 32)})

;; --- PRIVATE ---
(define-private (governed (function (string-ascii 40)) (args (optional (buff 2048))))
  (contract-call? .governance consume-action function (sha256 (unwrap-panic args)) contract-caller))

(define-private (has-role (role (string-ascii 16)))
  (contract-call? .governance has-role contract-caller role))

(define-private (entry (name (string-ascii 40)))
  (ok (unwrap! (map-get? contract-registry name) ERR_UNKNOWN_NAME)))

(define-private (set-standing (who principal) (name (string-ascii 40)) (standing uint))
  (map-set holders who {name: name, standing: standing, since: stacks-block-time}))

;; Whether an address may become current under `name`: a new one, or one retiring there.
(define-private (may-hold (address principal) (name (string-ascii 40)))
  (or (is-none (map-get? holders address)) (is-eq (get-standing name address) RETIRING)))

(define-private (version-of (name (string-ascii 40)))
  (default-to "" (get current-version (map-get? contract-registry name))))

(define-private (change-standing (name (string-ascii 40)) (address principal) (standing uint))
  (begin
    (set-standing address name standing)
    (print {event: "standing-changed", name: name, address: address, standing: standing, by: contract-caller})
    (ok true)))

(define-private (write-migration (id uint) (from (list 2 (string-ascii 11))) (status (string-ascii 11))
    (migrated (optional uint)) (result (optional (buff 32))))
  (let ((m (unwrap! (map-get? migration-states id) ERR_UNKNOWN_MIGRATION))
        (count (default-to (get migrated-records m) migrated))
        (new (merge m {status: status, migrated-records: count, result: (default-to (get result m) result)})))
    (asserts! (is-some (index-of? from (get status m))) ERR_MIGRATION_STATE)
    ;; Progress never passes what is expected, and only a whole move is validated.
    (asserts! (and (<= count (get expected m)) (or (is-none result) (is-eq count (get expected m)))) ERR_MIGRATION_STATE)
    (map-set migration-states id new)
    (print (merge new {event: "migration-changed", migration: id, by: contract-caller}))
    (ok true)))

;; --- READ-ONLY ---
;; Standing of `who` under `name`.
(define-read-only (get-standing (name (string-ascii 40)) (who principal))
  (match (map-get? holders who) h (if (is-eq (get name h) name) (get standing h) DEAD) DEAD))

;; The name that `who` holds, its standing and since when; none for one that is dead.
(define-read-only (standing-of (who principal))
  (match (map-get? holders who) h (if (is-eq (get standing h) DEAD) none (some h)) none))

;; Whether `who` is the current contract of `name`.
(define-read-only (is-current (name (string-ascii 40)) (who principal))
  (is-eq (get-standing name who) CURRENT))

;; The current contract of `name`; its fallback while it has none.
(define-read-only (resolve-contract-address (name (string-ascii 40)))
  (let ((e (try! (entry name)))
        (address (get contract-address e)))
    (ok (if (is-current name address)
      address
      (let ((fallback (unwrap! (get fallback e) ERR_UNKNOWN_ADDRESS)))
        (asserts! (> (get-standing name fallback) DEAD) ERR_UNKNOWN_ADDRESS)
        fallback)))))

;; What is registered of a name.
(define-read-only (get-contract (name (string-ascii 40))) (map-get? contract-registry name))

;; --- PUBLIC ---
;; Enters a new name with its first contract. Governed. Returns false if exactly this is registered.
(define-public (register-contract (name (string-ascii 40)) (address principal) (version (string-ascii 20))
    (upgradeable bool) (custody bool))
  (let ((new {name: name, address: address, version: version, upgradeable: upgradeable, custody: custody}))
    (try! (governed "register-contract" (to-consensus-buff? new)))
    (match (map-get? contract-registry name)
      e (if (is-eq new {name: name, address: (get contract-address e), version: (get current-version e),
            upgradeable: (get upgradeable e), custody: (get custody e)}) (ok false) ERR_NAME_TAKEN)
      (begin
        (asserts! (and (> (len name) u0) (> (len version) u0)) ERR_EMPTY_TEXT)
        (asserts! (is-none (map-get? holders address)) ERR_ADDRESS_TAKEN)
        (set-standing address name CURRENT)
        (map-set contract-registry name {contract-address: address, current-version: version, upgradeable: upgradeable,
          custody: custody, last-upgraded: stacks-block-time, upgrades: u0, metadata: "", fallback: none,
          dependencies: (list)})
        (map-set upgrade-history {name: name, index: u0}
          {address: address, version: version, at: stacks-block-time, tested-with: (list), stable: none})
        (print (merge new {event: "contract-registered", by: contract-caller}))
        (ok true)))))

;; Describes a name: metadata, custody (can be switched on, never off), what it resolves to without a current contract
;; (a living one of that name), the names that it calls. Governed.
(define-public (describe-contract (name (string-ascii 40)) (metadata (string-ascii 128)) (custody bool)
    (fallback (optional principal)) (dependencies (list 16 (string-ascii 40))))
  (let ((e (try! (entry name)))
        (new {metadata: metadata, custody: custody, fallback: fallback, dependencies: dependencies})
        (kept (merge new {custody: (or custody (get custody e))})))
    (try! (governed "describe-contract" (to-consensus-buff? (merge new {name: name}))))
    (asserts! (match fallback f (> (get-standing name f) DEAD) true) ERR_WRONG_STANDING)
    (map-set contract-registry name (merge e kept))
    (print (merge kept {event: "contract-described", name: name, by: contract-caller}))
    (ok true)))

;; Lets an upgrade wait for its delay. `address` is new, or retiring under this name (the way back); its code must have the
;; contract-hash? `hash`. Governed. Returns when it is due.
(define-public (propose-upgrade (name (string-ascii 40)) (address principal) (version (string-ascii 20)) (hash (buff 32)))
  (let ((e (try! (entry name)))
        (d (var-get delays))
        (due (+ stacks-block-time (if (get custody e) (get custody d) (get normal d))))
        (new {address: address, version: version, hash: hash}))
    (try! (governed "propose-upgrade" (to-consensus-buff? (merge new {name: name}))))
    (asserts! (get upgradeable e) ERR_NOT_UPGRADEABLE)
    (asserts! (> (len version) u0) ERR_EMPTY_TEXT)
    (asserts! (may-hold address name) ERR_ADDRESS_TAKEN)
    (asserts! (map-insert upgrade-proposals name (merge new {due: due, compatible: none, report: 0x, tested-with: (list)}))
      ERR_UPGRADE_PENDING)
    (print (merge new {event: "upgrade-proposed", name: name, due: due, by: contract-caller}))
    (ok due)))

;; Records how the waiting upgrade tested. Operators.
(define-public (verify-upgrade (name (string-ascii 40)) (compatible bool) (report (buff 32)))
  (let ((u (unwrap! (map-get? upgrade-proposals name) ERR_NO_UPGRADE)))
    (asserts! (has-role "operator") ERR_NOT_AUTHORISED)
    (map-set upgrade-proposals name (merge u {compatible: (some compatible), report: report,
      tested-with: (map version-of (get dependencies (try! (entry name))))}))
    (print {event: "upgrade-verified", name: name, compatible: compatible, report: report, by: contract-caller})
    (ok true)))

;; Makes the waiting contract current and the former one retiring. Anyone, once due. Refused if the code is missing or has
;; another hash, if it tested badly (with custody: unless it tested well) or a dependency changed since.
(define-public (activate-upgrade (name (string-ascii 40)))
  (let ((u (unwrap! (map-get? upgrade-proposals name) ERR_NO_UPGRADE))
        (e (try! (entry name)))
        (old (get contract-address e))
        (new (get address u))
        (version (get version u))
        (index (+ (get upgrades e) u1)))
    (asserts! (>= stacks-block-time (get due u)) ERR_TOO_EARLY)
    (asserts! (< stacks-block-time (+ (get due u) WINDOW)) ERR_TOO_LATE)
    (asserts! (and (is-eq (contract-hash? new) (ok (get hash u))) (default-to (not (get custody e)) (get compatible u)))
      ERR_UNVERIFIED)
    (asserts! (or (is-none (get compatible u)) (is-eq (get tested-with u) (map version-of (get dependencies e))))
      ERR_INCOMPATIBLE)
    (asserts! (may-hold new name) ERR_ADDRESS_TAKEN)
    (and (is-current name old) (set-standing old name RETIRING))
    (set-standing new name CURRENT)
    (map-delete upgrade-proposals name)
    (map-set contract-registry name (merge e
      {contract-address: new, current-version: version, last-upgraded: stacks-block-time, upgrades: index}))
    (map-set upgrade-history {name: name, index: index}
      {address: new, version: version, at: stacks-block-time, tested-with: (get tested-with u), stable: none})
    (print {event: "upgrade-activated", name: name, address: new, previous: old, version: version, by: contract-caller})
    (ok true)))

;; Records whether entry `index` of a name's history works well in operation. Operators.
(define-public (confirm-upgrade (name (string-ascii 40)) (index uint) (stable bool))
  (let ((key {name: name, index: index})
        (h (unwrap! (map-get? upgrade-history key) ERR_NO_UPGRADE)))
    (asserts! (has-role "operator") ERR_NOT_AUTHORISED)
    (map-set upgrade-history key (merge h {stable: (some stable)}))
    (print {event: "upgrade-confirmed", name: name, index: index, stable: stable, by: contract-caller})
    (ok true)))

;; Drops the waiting upgrade: a guardian, anyone once its time is over, else governed.
(define-public (cancel-upgrade (name (string-ascii 40)))
  (let ((u (unwrap! (map-get? upgrade-proposals name) ERR_NO_UPGRADE)))
    (or (>= stacks-block-time (+ (get due u) WINDOW)) (has-role "guardian")
      (try! (governed "cancel-upgrade" (to-consensus-buff? {name: name}))))
    (map-delete upgrade-proposals name)
    (print {event: "upgrade-cancelled", name: name, address: (get address u), by: contract-caller})
    (ok true)))

;; Makes the current contract retiring without a successor. Governed.
(define-public (retire-version (name (string-ascii 40)) (address principal))
  (begin
    (try! (governed "retire-version" (to-consensus-buff? {name: name, address: address})))
    (asserts! (is-current name address) ERR_WRONG_STANDING)
    (change-standing name address RETIRING)))

;; Makes a retiring contract dead; with custody only after the kill delay, in which its money can leave. Governed.
(define-public (kill-version (name (string-ascii 40)) (address principal))
  (let ((e (try! (entry name)))
        (h (unwrap! (map-get? holders address) ERR_UNKNOWN_ADDRESS)))
    (try! (governed "kill-version" (to-consensus-buff? {name: name, address: address})))
    (asserts! (is-eq (get-standing name address) RETIRING) ERR_WRONG_STANDING)
    (asserts! (or (not (get custody e)) (>= stacks-block-time (+ (get since h) (get kill (var-get delays))))) ERR_TOO_EARLY)
    (change-standing name address DEAD)))

;; Sets the delays: normal from 1 hour, custody from 3 days, kill from 30 days, each up to a year. Governed.
(define-public (set-delays (normal uint) (custody uint) (kill uint))
  (let ((new {normal: normal, custody: custody, kill: kill}))
    (try! (governed "set-delays" (to-consensus-buff? new)))
    (asserts! (and (>= normal u3600) (>= custody u259200) (>= kill u2592000)
      (<= normal u31536000) (<= custody u31536000) (<= kill u31536000)) ERR_INVALID_DELAY)
    (var-set delays new)
    (print (merge new {event: "delays-set", by: contract-caller}))
    (ok true)))

;; Opens the record of a move of `expected` records to another version. Operators. Returns its number.
(define-public (start-migration (name (string-ascii 40)) (from-version (string-ascii 20)) (to-version (string-ascii 20))
    (expected uint))
  (let ((id (+ (var-get migration-count) u1)))
    (asserts! (has-role "operator") ERR_NOT_AUTHORISED)
    (try! (entry name))
    (asserts! (> (len to-version) u0) ERR_EMPTY_TEXT)
    (var-set migration-count id)
    (map-set migration-states id {name: name, from-version: from-version, to-version: to-version, status: "running",
      expected: expected, migrated-records: u0, result: 0x})
    (try! (write-migration id (list "running") "running" none none))
    (ok id)))

;; Says how many records have been moved. Operators.
(define-public (record-migration-progress (id uint) (migrated uint))
  (begin
    (asserts! (has-role "operator") ERR_NOT_AUTHORISED)
    (write-migration id (list "running") "running" (some migrated) none)))

;; Confirms a whole move with the hash of its check. Operators.
(define-public (validate-migration (id uint) (result (buff 32)))
  (begin
    (asserts! (has-role "operator") ERR_NOT_AUTHORISED)
    (write-migration id (list "running") "validated" none (some result))))

;; Closes a validated move. Governed.
(define-public (complete-migration (id uint))
  (begin
    (try! (governed "complete-migration" (to-consensus-buff? {id: id})))
    (write-migration id (list "validated") "completed" none none)))

;; Gives up a move that is not completed; the records stay with the old version. A guardian, else governed.
(define-public (rollback-migration (id uint))
  (begin
    (or (has-role "guardian") (try! (governed "rollback-migration" (to-consensus-buff? {id: id}))))
    (write-migration id (list "running" "validated") "rolled-back" (some u0) none)))
