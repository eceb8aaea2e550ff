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
        uint32 heardAtReport; // the accepted reports when it was decommissioned or last heard (P-110)
        uint16 flags; // bit i: contributor i was paid its principal; the upper ones are named below
    }

    /// @dev An emergency that may be carried out after its notice (P-42).
    struct Announcement {
        uint40 readyAt; // zero when there is none
        uint32 acceptedReports; // when it was announced: any later report voids it
    }

    /// @custom:storage-location erc7201:quorate.storage.ServiceNodeRewards
    struct Layout {
        // Read by every signature check. Stakes fit 96 bits: 2^32 nodes of at most 2^64 atomic units.
        bytes32[3] aggregateKey;
        uint96 activeStake;
        uint96 decommissionedStake; // of decommissioned nodes that count toward the floor (P-22)
        uint40 pausedUntil; // the highest value before the start: one comparison tells both
        uint16 packedGroups; // groups of 219 ids whose keys are also in one piece of the pack store
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
        uint32 acceptedReports;
        uint40 lastReportAt; // genesis before the first
        uint40 genesis;
        uint32 epochSeconds;
        uint16 payableBits; // bit e % 16: whether the root of epoch e, the last recorded of these, is payable
        mapping(uint256 epoch => bytes32 digest) recordedDigests; // zero until the first record
        // Rare.
        uint96 silentStake; // of decommissioned nodes that do not count toward the floor (P-22)
        uint32 emergencyNoticeSeconds;
        uint40 requirementChangedAt;
        uint40 guardianWindowEndsAt;
        uint8 guardianPauses; // in the window
        bool isOwnersPause; // whether the last pause was the owner's
        mapping(uint256 id => uint256) forfeited; // by liquidation, taken from the operator's part
        mapping(bytes32 listsHash => Announcement) announcements;
        address contributionFactory;
        address guardian;
        address founder;
    }

    /// @dev The node's stake counts in `silentStake`.
    uint16 internal constant SILENT_FLAG = 1 << 13;
    /// @dev The owner has taken it out of the floor: only an activation ends that (P-116).
    uint16 internal constant KEPT_OUT_FLAG = 1 << 14;
    /// @dev The node exited by liquidation.
    uint16 internal constant LIQUIDATED_FLAG = 1 << 15;

    /// @dev keccak256(abi.encode(uint256(keccak256("quorate.storage.ServiceNodeRewards")) - 1)) &
    /// ~bytes32(uint256(0xff))
    bytes32 internal constant LOCATION = 0xc9e6cc040adc646b9ca6c6b1b1051e4c58634494c02defe4af00ade74b1b1300;

    function load() internal pure returns (Layout storage $) {
        assembly ("memory-safe") {
            $.slot := LOCATION
        }
    }
}
