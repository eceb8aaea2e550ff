// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";

/// @notice One stake in a node.
/// @param addr Who staked, and to whom the principal returns.
/// @param beneficiary The recipient that the rewards of this stake are owed to; `addr` or another, never zero.
/// @param stake Atomic units.
struct Contributor {
    address addr;
    address beneficiary;
    uint128 stake;
}

/// @notice What a node brings to enter the set.
/// @param blsKey The public key in G1, in the layout of EIP-2537.
/// @param proofOfPossession The BLS signature of `blsKey` over the ProofOfPossession digest (P-5, P-8).
/// @param identityKey The Ed25519 public key, which is also the node's libp2p key (P-7).
/// @param identitySignature The Ed25519 signature over the same digest. Not checked on chain: it decides admission to
/// gossip only (P-8, P-80).
/// @param feeBps The operator's part of the node's rewards, in 1/10000.
struct Registration {
    BLS.G1Point blsKey;
    BLS.G2Point proofOfPossession;
    bytes32 identityKey;
    bytes32[2] identitySignature;
    uint16 feeBps;
}

/// @notice A node that is active from `start()`. Its operator is `contributors[0].addr`.
/// @param registeredAt When it was registered, in seconds since 1970: not zero, not in the future. P-33 counts from it.
struct SeedNode {
    uint64 registeredAt;
    Registration registration;
    Contributor[] contributors;
}

/// @notice The states of P-21. `None` is an id that was never given.
enum NodeState {
    None,
    Pending,
    Active,
    Decommissioned,
    Exited
}

/// @notice Everything the contract knows of a node. Times are seconds since 1970, zero when it has not happened.
/// @param id Its id, so that it is known in a page of `nodes` too.
/// @param registeredAt When it was registered: for a seeded node what its seed says (P-30).
/// @param heardAtReport The number of accepted reports when it was last decommissioned or heard (P-110).
/// @param unlocksAt When the principal of an exited node can be pulled.
/// @param withdrawn Bit i is set when contributor i was paid its principal.
/// @param silent Whether its stake was dropped from the floor (P-110).
/// @param keptOut Whether the owner has taken it out of the floor (P-116).
/// @param liquidated Whether the node exited by liquidation.
struct Node {
    uint64 id;
    NodeState state;
    uint64 registeredAt;
    uint64 leaveRequestedAt;
    uint64 lastLeaveRequestAt;
    uint64 decommissionedAt;
    uint64 heardAtReport;
    uint64 unlocksAt;
    uint16 withdrawn;
    bool silent;
    bool keptOut;
    bool liquidated;
    uint128 stake;
    address operator;
    BLS.G1Point blsKey;
    bytes32 identityKey;
    uint16 feeBps;
    Contributor[] contributors;
}

/// @title The node set, and the one check of an aggregate signature that every message kind uses.
interface IServiceNodeRegistry {
    // --- errors: id lists (P-23) ---

    /// @notice An id list is not ascending. Sort it.
    error UnsortedIds(uint256 previous, uint256 id);
    /// @notice An id is named twice in one list.
    error DuplicateId(uint256 id);
    /// @notice An id was never given: ids are from 1 to `nextId - 1`.
    error UnknownId(uint256 id, uint256 nextId);

    // --- errors: signatures (P-3, P-23) ---

    /// @notice There is no active stake, so there is nothing a quorum could be a part of.
    error NoActiveStake();
    /// @notice The public key that the signature is checked against is the point at infinity.
    error KeyAtInfinity();
    /// @notice The signature is the point at infinity.
    error SignatureAtInfinity();
    /// @notice The signature is not that of the given key over this digest.
    error InvalidSignature(bytes32 digest);
    /// @notice A point is not on its curve, not in its subgroup, or has a coordinate that is not below the modulus.
    error InvalidPoint();
    /// @notice A precompiled contract did not answer, or answered with the wrong size: the chain lacks EIP-2537.
    error PrecompileFailed(address precompile);
    /// @notice The chain's EIP-2537 precompiles do not give the known answer (P-32).
    error KnownAnswerFailed();

    // --- errors: registration ---

    /// @notice The proof of possession is not that of the key, this operator and this identity key (P-8).
    error InvalidProofOfPossession(bytes32 digest, address operator);
    /// @notice The key belongs to a node that has not exited (P-20).
    error KeyInUse(uint64 id);
    /// @notice The identity key is zero.
    error IdentityKeyIsZero();
    /// @notice A registration comes from the operator or from a contribution contract of that operator (P-27).
    error CallerNotOperator(address caller, address operator);
    /// @notice A node has between 1 and `maximum` contributors (P-27).
    error ContributorCountOutOfRange(uint256 count, uint256 maximum);
    /// @notice A contributor's address or beneficiary is zero.
    error ContributorIsZero(uint256 index);
    /// @notice A contributor is named twice.
    error DuplicateContributor(address contributor);
    /// @notice A contributor's stake is below 500 bps of the stake, a part to leave the node by (P-27).
    error ContributorStakeTooSmall(uint256 index, uint256 stake, uint256 minimum);
    /// @notice The operator's stake is below a quarter of the requirement (P-27).
    error OperatorStakeTooSmall(uint256 stake, uint256 minimum);
    /// @notice The stakes do not sum to the requirement exactly (P-27).
    error StakeMismatch(uint256 total, uint256 required);
    /// @notice A fee is at most 10000 bps.
    error FeeTooLarge(uint256 feeBps);
    /// @notice The registration time of a seeded node is zero or in the future (P-30).
    error RegistrationTimeOutOfRange(uint256 registeredAt, uint256 time);
    /// @notice The block has taken all the registrations it may (P-28). Try the next one.
    error TooManyRegistrations(uint256 limit);

    /// @notice The node group to be packed next is not full yet (P-43).
    error GroupNotFull(uint256 group, uint256 nextId);

    // --- errors: leaving (P-33 to P-36) ---

    /// @notice The node has exited.
    error NodeExited(uint64 id);
    /// @notice The caller has no stake in the node.
    error NotContributor(uint64 id, address caller);
    /// @notice A repeated request, or one of a small contributor of a young node, before `allowedAt`.
    error LeaveRequestTooEarly(uint64 id, uint256 allowedAt);
    /// @notice Nobody has asked to leave.
    error LeaveNotRequested(uint64 id);
    /// @notice The node's exit, or its principal, is locked until `unlocksAt`.
    error NodeLocked(uint64 id, uint256 unlocksAt);
    /// @notice The unlock time has passed: the node can only be exited, by anyone.
    error NodeUnlocked(uint64 id, uint256 unlocksAt);
    /// @notice Only a decommissioned node can be liquidated.
    error NodeNotDecommissioned(uint64 id);
    /// @notice The node was silent for `reports` accepted reports only.
    error LiquidationTooEarly(uint64 id, uint256 reports, uint256 required);
    /// @notice The node is in the set: its principal is not free.
    error NodeNotExited(uint64 id);
    /// @notice The contributor has had its principal.
    error PrincipalWithdrawn(uint64 id, address contributor);

    // --- events ---

    /// @notice A node has entered the set: pending, or active from `start()` when seeded.
    /// @param id The node's id.
    /// @param operator Whose node it is; the first of the contributors.
    /// @param seeded Whether it was seeded before the start.
    /// @param registeredAt When it was registered, in seconds since 1970: now, or what the seed says (P-30).
    /// @param registration What the node brings.
    /// @param contributors Whose stake it is, the operator first.
    event NewServiceNode(
        uint64 indexed id,
        address indexed operator,
        bool seeded,
        uint64 registeredAt,
        Registration registration,
        Contributor[] contributors
    );

    /// @notice Nodes have become active, by a report or by an emergency.
    /// @param ids The nodes, in the order in which they were named.
    event ServiceNodesActivated(uint64[] ids);
    /// @notice Active nodes were decommissioned, by a report or by an emergency.
    /// @param ids The nodes, in the order in which they were named.
    event ServiceNodesDecommissioned(uint64[] ids);
    /// @notice A node will leave. It may be exited from `unlocksAt` on, 15 days after the first request (P-33).
    /// @param id The node's id.
    /// @param initiator Who asked.
    /// @param unlocksAt In seconds since 1970; the same for every request of one node.
    event ServiceNodeExitRequest(uint64 indexed id, address indexed initiator, uint256 unlocksAt);
    /// @notice A node has left; its principal is free since `unlocksAt` (P-34).
    /// @param id The node's id.
    /// @param unlocksAt In seconds since 1970.
    event ServiceNodeExit(uint64 indexed id, uint256 unlocksAt);
    /// @notice A node was taken out (P-36). Both shares come from the operator's part; the rest is free from
    /// `unlocksAt` on.
    /// @param id The node's id.
    /// @param liquidator Who called, and was paid its share.
    /// @param liquidatorShare In atomic units.
    /// @param poolShare What the pool was paid, in atomic units.
    /// @param unlocksAt In seconds since 1970.
    event ServiceNodeLiquidated(
        uint64 indexed id, address indexed liquidator, uint256 liquidatorShare, uint256 poolShare, uint256 unlocksAt
    );
    /// @notice A contributor was paid its principal (P-35).
    /// @param id The node's id.
    /// @param contributor Who was paid; anyone may have called.
    /// @param amount In atomic units.
    event PrincipalReturned(uint64 indexed id, address indexed contributor, uint256 amount);
    /// @notice Keys and stakes of 219 ids, from `219 group` on, are also in one data contract (P-43).
    /// @param group Which 219 ids.
    /// @param pointer The data contract.
    event NodesPacked(uint256 group, address pointer);

    // --- packing ---

    /// @notice Copies keys and stakes of the next full group of 219 ids into one data contract, which makes each of
    /// them cheaper to name as a non-signer (P-43). Anyone may call; about 5,700,000 gas, once for each group.
    function packNodes() external;

    // --- views ---

    /// @notice How many groups of 219 ids are packed (P-43).
    function packedGroups() external view returns (uint256);

    /// @notice Checks an aggregate signature over `digest` (P-23).
    /// @param signature The aggregate, in G2, in the layout of EIP-2537.
    /// @param nonSigners Active nodes that did not sign: strictly ascending. Inactive ones are passed over.
    /// @param extraSigners Inactive nodes that did sign: strictly ascending. Active ones are passed over.
    /// @return signedActive The active stake that signed, in atomic units.
    /// @return signedFloor `signedActive` and the stake of decommissioned extra signers that are not silent.
    function verify(
        bytes32 digest,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) external view returns (uint256 signedActive, uint256 signedFloor);

    /// @notice The total stake of active nodes, in atomic units.
    function activeStake() external view returns (uint256);

    /// @notice The total stake of decommissioned nodes that counts toward the floor, in atomic units.
    function decommissionedStake() external view returns (uint256);

    /// @notice The sum of the keys of active nodes; all zero when there is none.
    function aggregatePublicKey() external view returns (BLS.G1Point memory);

    /// @notice The id of the next registration. Ids are from 1 and never reused.
    function nextId() external view returns (uint64);

    /// @notice How many nodes have not exited.
    function nodeCount() external view returns (uint256);

    /// @notice The words of the bitmap of active nodes: bit i of word w is node `256 w + i`.
    function activeBitmap(uint256 word) external view returns (uint256);

    /// @notice Everything the contract knows of a node. Reverts with `UnknownId`.
    function node(uint64 id) external view returns (Node memory);

    /// @notice The nodes with ids from `from` to before `from + count`, ascending. Ids that were never given are left
    /// out, so a page may be shorter, or empty.
    /// @dev About 17,000 gas a node with one contributor, 40,000 with ten: a page of 300 always fits 16,777,216 gas.
    function nodes(uint64 from, uint64 count) external view returns (Node[] memory);

    /// @notice The ids of the nodes of which `account` is operator or contributor and in which it still has its
    /// principal, ascending: a node stays in the list until `account` has been paid (P-35).
    /// @dev It looks at every id: about 3,700 gas each, 5,400 with ten contributors, and 2,700 more where it is listed.
    /// So 2,000 ids always fit 16,777,216 gas, and 10,000 take about 40,000,000. Where a provider allows less, page.
    function nodesOf(address account) external view returns (uint64[] memory);

    /// @notice `nodesOf(account)` among the ids from `from` to before `from + count` only: `count` is of ids looked at.
    function nodesOf(address account, uint64 from, uint64 count) external view returns (uint64[] memory);

    /// @notice How many registrations the block still takes (P-28): by `eth_call`, the block it is asked of.
    function remainingRegistrations() external view returns (uint256);

    /// @notice Reverts as a registration by `operator` would for its key, proof of possession, identity key or fee
    /// (P-8, P-20, P-27); does nothing when these are right. Stakes, caller and pauses are not looked at.
    function checkRegistration(Registration calldata registration, address operator) external view;

    /// @notice The version of this contract's code. It is not that of the signing domain (P-4), which never changes.
    function version() external pure returns (string memory);

    /// @notice The id of the last node that registered with a key; zero when there was none.
    function nodeIdOf(BLS.G1Point calldata blsKey) external view returns (uint64);

    /// @notice The digest that BLS key and identity key sign to enter the set (P-5).
    function hashProofOfPossession(BLS.G1Point calldata blsKey, address operator, bytes32 identityKey)
        external
        view
        returns (bytes32);
}
