// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NodeState} from "../interfaces/IServiceNodeRegistry.sol";

/// @title The storage of ServiceNodeRewards, in one namespace (ERC-7201), shared with its linked libraries.
/// @dev Fields are grouped by what is read together: a slot that is read anyway costs nothing more. The layout is
/// final; later versions append.
library RewardsStorage {
    /// @dev What changes about a node: one slot. Times are seconds since 1970.
    struct NodeRecord {
        NodeState state;
        uint40 registeredAt;
        uint40 leaveRequestedAt;
        uint40 lastLeaveRequestAt;
        uint40 decommissionedAt;
        uint40 unlocksAt;
        uint32 decommissionedAtReport;
        uint16 flags; // bit i: contributor i has withdrawn; bit 15: liquidated
    }

    /// @dev What the records of one epoch have fixed (P-37 to P-40).
    struct EpochRecord {
        bytes32 digest; // zero until the first record
        uint208 presence; // the start of the hash of who is absent and who is shown, see ReportLib
        uint40 firstRecordedAt;
        bool isPayable;
    }

    /// @custom:storage-location erc7201:quorate.storage.ServiceNodeRewards
    struct Layout {
        // Read by every signature check. Stakes fit 96 bits: 2^32 nodes of at most 2^64 atomic units.
        bytes32[3] aggregateKey;
        uint96 activeStake;
        uint96 decommissionedStake;
        uint40 genesis;
        bool paused;
        uint16 packedGroups; // groups of 128 ids whose keys are also in one piece of the pack store
        mapping(uint256 word => uint256 bits) activeBitmap;
        mapping(uint256 id => NodeRecord) records;
        mapping(bytes32 keyHash => uint64 id) idOfKey;
        // Written by registration.
        uint64 nextId;
        uint64 stakingRequirement;
        uint64 registrationBlock;
        uint32 registrationsInBlock;
        uint32 nodeCount;
        // Written by registration and reports.
        uint96 principal;
        uint40 acceptedReports;
        uint40 lastReportAt; // in unpaused time, see `unpausedTime`
        uint40 epochSeconds;
        mapping(uint256 epoch => EpochRecord) epochRecords;
        // Rare.
        mapping(uint256 id => uint256) forfeited; // by liquidation, taken from the operator's part
        address contributionFactory;
        uint16 liquidatorBps;
        uint16 poolBps;
        uint40 pausedSeconds; // of the pauses that have ended
        uint40 pausedAt;
        uint40 emergencyReadyAt; // in unpaused time
        uint40 emergencyReports; // the accepted reports when it was announced
        bytes32 emergencyHash; // of the lists; zero when none is announced
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("quorate.storage.ServiceNodeRewards")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 internal constant LOCATION = 0xc9e6cc040adc646b9ca6c6b1b1051e4c58634494c02defe4af00ade74b1b1300;

    function load() internal pure returns (Layout storage $) {
        assembly ("memory-safe") {
            $.slot := LOCATION
        }
    }

    /// @notice A clock that stands still during a pause, so that no deadline of P-42 passes in one.
    function unpausedTime() internal view returns (uint40) {
        Layout storage $ = load();
        uint256 until = $.paused ? $.pausedAt : block.timestamp;
        return uint40(until - $.pausedSeconds);
    }
}
