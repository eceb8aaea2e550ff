// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";

/// @notice What the nodes agree on at the close of an epoch (P-5, section 7 of the protocol).
/// @param epoch The epoch that has closed.
/// @param rewardsRoot The root of OpenZeppelin's standard tree over (recipient, lifetime amount); zero for an empty
/// one.
/// @param totalOwed The sum of all lifetime amounts, in atomic units.
/// @param activate Pending and decommissioned nodes to activate.
/// @param decommission Active nodes to decommission, in the order in which the caps take them.
struct EpochReport {
    uint64 epoch;
    bytes32 rewardsRoot;
    uint256 totalOwed;
    uint64[] activate;
    uint64[] decommission;
}

/// @title Epoch reports: the records of what the nodes agreed on, and of who was there (P-37 to P-40).
interface IEpochReports {
    // --- errors ---

    /// @notice A list of a report is longer than it may be (P-38).
    error ListTooLong(uint256 length, uint256 maximum);
    /// @notice What belongs to this epoch is accepted from `from` until before `until` (P-37, P-39, P-111).
    error OutsideWindow(uint256 epoch, uint256 from, uint256 until);
    /// @notice The epoch's first record was of another report (P-37).
    error AnotherReportRecorded(uint256 epoch, bytes32 recorded, bytes32 digest);
    /// @notice The epoch's root is payable already: a later record has nothing to add (P-39).
    error AlreadyPayable(uint256 epoch);
    /// @notice The root is zero, which never becomes payable (P-40).
    error RootIsZero(uint256 epoch);
    /// @notice The report owes more than the pool has released until now (P-40). Try again later.
    error OwedExceedsReleased(uint256 totalOwed, uint256 released);
    /// @notice No report of this epoch was recorded, so nobody can be shown to have signed it (P-39).
    error NoRecord(uint256 epoch);
    /// @notice All of the named nodes have exited, or none is named (P-39).
    error NobodyToShow(uint256 epoch);
    /// @notice Whether the root of this epoch became payable is no longer kept; see the event `RewardsRootPayable`.
    error EpochTooOld(uint256 epoch, uint256 oldest);

    // --- events ---

    /// @notice A record of an epoch's report (P-37 to P-40). It stands before what its lists change.
    /// @param epoch The epoch that was reported.
    /// @param submitter Who sent it.
    /// @param digest The digest that was signed.
    /// @param isFirst Whether it is the epoch's first, whose lists are applied next.
    /// @param becamePayable Whether this record made the root payable. A later one always does.
    /// @param signature The aggregate signature, in G2, in the layout of EIP-2537.
    /// @param nonSigners The active nodes that did not sign: those of the call that counted.
    /// @param extraSigners The inactive nodes that did sign: those of the call that counted.
    event EpochReportRecorded(
        uint64 indexed epoch,
        address indexed submitter,
        bytes32 digest,
        bool isFirst,
        bool becamePayable,
        BLS.G2Point signature,
        uint64[] nonSigners,
        uint64[] extraSigners
    );
    /// @notice Proofs against a root are accepted from now on, until 8 further roots are payable (P-40, P-41).
    /// @param epoch The epoch that was reported.
    /// @param rootIndex The number of the root among payable ones, from 0.
    /// @param rewardsRoot The root.
    /// @param totalOwed The sum of all lifetime amounts, in atomic units.
    event RewardsRootPayable(uint64 indexed epoch, uint256 indexed rootIndex, bytes32 rewardsRoot, uint256 totalOwed);
    /// @notice These nodes have signed the recorded report of an epoch (P-39).
    /// @param epoch The epoch that was reported.
    /// @param submitter Who sent it.
    /// @param signature The aggregate of exactly these nodes, in G2, in the layout of EIP-2537.
    /// @param signers Strictly ascending ids, those of nodes that have exited included.
    event SignersShown(uint64 indexed epoch, address indexed submitter, BLS.G2Point signature, uint64[] signers);

    // --- calls ---

    /// @notice Records an epoch's report (P-37 to P-40). Anyone may call.
    /// @param report The message that was signed.
    /// @param signature The aggregate signature over `hashEpochReport(report)`.
    /// @param nonSigners See `IServiceNodeRegistry.verify`.
    /// @param extraSigners See `IServiceNodeRegistry.verify`.
    function reportEpoch(
        EpochReport calldata report,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) external;

    /// @notice Shows who has signed an epoch's recorded report (P-39). Anyone may call, until the next epoch has ended.
    /// Never paused.
    /// @param epoch The epoch that was reported.
    /// @param signature The aggregate of exactly these nodes over the recorded digest.
    /// @param signers Strictly ascending ids, at least one of a node that has not exited.
    function showSigners(uint64 epoch, BLS.G2Point calldata signature, uint64[] calldata signers) external;

    // --- views ---

    /// @notice How many epochs have a record.
    function acceptedReports() external view returns (uint256);

    /// @notice The digest that the first record of an epoch has fixed; zero without one.
    function recordedDigest(uint64 epoch) external view returns (bytes32);

    /// @notice Whether the root of an epoch has become payable. Reverts with `EpochTooOld` when 16 later ones have
    /// closed.
    function isPayable(uint64 epoch) external view returns (bool);

    /// @notice The digest that nodes sign for an epoch report (P-5).
    function hashEpochReport(EpochReport calldata report) external view returns (bytes32);
}
